"""deploy/ names only metrics that there are, and sections of the runbook that there are."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from airflow.configuration import conf
from prometheus_client.parser import text_string_to_metric_families

from airflow_sandbox import ROOT
from feed_server import story
from newswatch import __version__
from newswatch.cli.dags import BUNDLE
from newswatch.pipeline.oversight.feeds import STATUSES
from newswatch.settings import VARIABLES
from newswatch.store import pulses
from newswatch_airflow.hooks import REDIS_CONNECTION, SLACK_CONNECTION
from newswatch_airflow.ui.prose import heading_name

DEPLOY = ROOT / "deploy"
MONITOR = {"Authorization": "Bearer a token for monitors"}
NAME = re.compile(r"\bnewswatch_[a-z0-9_]+")
SELECTED = re.compile(r"\b(newswatch_[a-z0-9_]+)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
RULES = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text("utf-8"))["groups"][0]["rules"]
PANELS = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))["panels"]


@pytest.fixture
def samples(visit, newsroom):
    """The values of each label of each series that /newswatch/metrics has, after an alert."""
    newsroom.site.serve("/wire", story(1, "The central bank opposes the plan"))
    newsroom.site.serve("/other", story(2, "Storms"))
    newsroom.feeds("wire", "other")
    newsroom.run()
    newsroom.site.serve("/wire", story(1), story(3, "The central bank opposes another plan"))
    newsroom.poll()
    newsroom.match()  # so that something waits
    newsroom._do(beat)
    found = {}
    for family in text_string_to_metric_families(visit().get("/newswatch/metrics", headers=MONITOR).text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


async def beat(services):
    now = services.clock()
    await pulses.beat(services.redis, pulses.Pulse("match", "working", now, now, now))


def test_rules_and_dashboard_name_only_metrics_and_labels_that_there_are(samples):
    targets = [target for panel in PANELS for target in panel["targets"]]
    expressions = [*(rule["expr"] for rule in RULES), *(target["expr"] for target in targets)]
    named = {name for expression in expressions for name in NAME.findall(expression)}
    assert len(named) > 10
    assert named <= samples.keys()
    for name, selector in (pair for expression in expressions for pair in SELECTED.findall(expression)):
        for label, sign, value in MATCHER.findall(selector):
            assert label in samples[name], (name, label)
            if sign == "=":
                assert value in samples[name][label], (name, label, value)
    for target in targets:
        (name,) = set(NAME.findall(target["expr"]))
        grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
        shown = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
        for label in [*shown, *(one.strip() for group in grouped for one in group.split(","))]:
            assert label in samples[name], (name, label)
        if grouped:
            assert set(shown) <= {one.strip() for one in grouped[0].split(",")}, target["expr"]


def test_rules_name_states_of_feeds_that_there_are():
    (rule,) = [one for one in RULES if "newswatch_feeds{" in one["expr"]]
    ((_, selector),) = SELECTED.findall(rule["expr"])
    ((_, _, states),) = MATCHER.findall(selector)
    assert set(states.split("|")) <= set(STATUSES)


def test_rules_lead_to_sections_of_the_runbook():
    runbook = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    sections = {heading_name(part.partition("\n")[0]) for part in runbook.split("\n## ")[1:]}
    for rule in RULES:
        page, _, section = rule["annotations"]["runbook"].partition("#")
        assert page == "/newswatch/runbook"
        assert section in sections, rule["alert"]


def test_every_panel_says_what_it_shows_and_none_covers_another():
    places = set()
    for panel in PANELS:
        assert panel["description"].endswith("."), panel["title"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & places, panel["title"]
        places |= cells


def test_promtool_accepts_the_rules_and_their_tests():
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed (Debian: the package prometheus)")
    for words in (
        ["check", "rules", "prometheus-rules.yaml"],
        ["test", "rules", "prometheus-rules-test.yaml"],
    ):
        done = subprocess.run([program, *words], cwd=DEPLOY, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_kubernetes_files_name_only_settings_and_a_bundle_that_there_are():
    values = yaml.safe_load((DEPLOY / "helm-values.yaml").read_text("utf-8"))
    git_sync = yaml.safe_load((DEPLOY / "helm-values-git-sync.yaml").read_text("utf-8"))
    listener = yaml.safe_load((DEPLOY / "kubernetes-listener.yaml").read_text("utf-8"))
    (container,) = listener["spec"]["template"]["spec"]["containers"]
    named = {one["name"] for one in [*values["env"], *git_sync["env"], *container["env"]]}
    named |= {one["envName"] for one in values["secret"] if not one["envName"].startswith("AIRFLOW_CONN_")}
    assert named <= {variable.name for variable in VARIABLES.values()}
    connections = {one["envName"] for one in values["secret"]} - named
    assert connections == {f"AIRFLOW_CONN_{name.upper()}" for name in (REDIS_CONNECTION, SLACK_CONNECTION)}
    assert json.loads(values["config"]["dag_processor"]["dag_bundle_config_list"]) == [BUNDLE]
    for section, options in values["config"].items():
        for option in options:
            assert conf.has_option(section, option), (section, option)
    assert values["defaultAirflowTag"] == __version__
    assert container["image"].endswith(f":{__version__}")
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
