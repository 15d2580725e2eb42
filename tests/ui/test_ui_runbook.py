"""The runbook answers whatever turns red, and every page and DAG leads to its section."""

import re
from pathlib import Path

import pytest

from airflow_sandbox import ROOT
from newswatch.pipeline.oversight import findings
from newswatch_airflow.ui import page, runs
from newswatch_airflow.ui.prose import heading_name

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
SECTIONS = {
    heading_name(part.partition("\n")[0]): part.partition("\n")[2] for part in RUNBOOK.split("\n## ")[1:]
}
LINK = re.compile(r"runbook#([a-z-]+)")
NAME = re.compile(r'"([a-z]+(?:-[a-z]+){2,})"')


def sections_named(*files):
    return {name for file in files for name in NAME.findall(Path(file).read_text("utf-8"))}


@pytest.mark.parametrize("file", sorted((ROOT / "dags").glob("*.py")), ids=lambda file: file.stem)
def test_dag_links_to_sections_that_are_there(file):
    links = set(LINK.findall(file.read_text("utf-8")))
    assert links, "its doc_md does not link to the runbook"
    assert links <= SECTIONS.keys()


def test_every_finding_and_every_page_links_to_a_section_that_is_there():
    links = {kind[2] for kind in findings.KINDS.values()}
    links |= sections_named(findings.__file__, runs.__file__)
    for template in (page.HERE / "templates").glob("*.html"):
        links |= set(LINK.findall(template.read_text("utf-8")))
    assert "a-channel-is-refused" in links
    assert links <= SECTIONS.keys(), links - SECTIONS.keys()


def test_every_section_says_what_it_means_and_what_to_do():
    for name, text in SECTIONS.items():
        if name != "anything-else":
            assert "**Means.**" in text, name
            assert "**Do.**" in text, name


def test_every_red_state_of_a_dag_and_a_feed_is_told():
    for dag_id in runs.PIPELINE:
        paused = runs.DagStanding(dag_id, known=True, paused=True, last_state="", last_run="")
        failed = runs.DagStanding(dag_id, known=True, paused=False, last_state="failed", last_run="x")
        assert {one.runbook for one in runs.findings([paused, failed])} <= SECTIONS.keys()
    for state in ("new", "waiting", "slowed", "silent", "failing", "refused", "given-up", "stopped"):
        assert f"*{state}*" in SECTIONS["feeds"], state
