"""The Kubernetes files against Airflow's official chart and Kubernetes' own types, where those can be had.

pip install helm-python-sdk kubernetes-validate
AIRFLOW_CHART=…/airflow/chart make test ARGS=tests/packaging/test_packaging_kubernetes.py
"""

import os
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES = "1.33"
OURS = "registry.example.com/airflow-newswatch:"


def read(name):
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


def merged(base, more):
    """As helm merges values: keys of mappings one by one, lists as a whole."""
    return base | {
        key: merged(base[key], value) if isinstance(value, dict) and key in base else value
        for key, value in more.items()
    }


def pods(objects):
    """The pods of the objects that have some, and the one that KubernetesExecutor makes for a task."""
    for one in objects:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]
        template = one.get("data", {}).get("pod_template_file.yaml") if one["kind"] == "ConfigMap" else None
        if template:
            yield "task", yaml.safe_load(template)["spec"]


def valid(one):
    pytest.importorskip("kubernetes_validate").validate(one, KUBERNETES, strict=True)


@pytest.mark.parametrize("executor", ["CeleryExecutor", "KubernetesExecutor"])
@pytest.mark.parametrize("more", [[], ["helm-values-git-sync.yaml"]], ids=["configmap", "git-sync"])
def test_official_chart_takes_our_values(executor, more):
    helm = pytest.importorskip("helm_python.chart", reason="helm-python-sdk is not installed")
    if "AIRFLOW_CHART" not in os.environ:
        pytest.skip("AIRFLOW_CHART does not name a copy of Airflow's official chart")
    values = merged(read("helm-values.yaml"), {"executor": executor})
    for name in more:
        values = merged(values, read(name))
    chart = helm.Chart.load(os.environ["AIRFLOW_CHART"])
    chart.validate_schema(values)
    rendered = chart.render(values, name="airflow", namespace="news")
    objects = [
        one
        for name, text in rendered.items()
        if not name.endswith("NOTES.txt")
        for one in yaml.safe_load_all(text)
        if one
    ]
    for one in objects:
        valid(one)
    ours = {}
    for name, spec in pods(objects):
        assert all(one.get("readOnly") for one in mounts(spec, OURS, "/etc/newswatch")), name
        for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
            if container["image"].startswith(OURS):
                ours.setdefault(name, []).append(container["name"])
                assert container["securityContext"]["readOnlyRootFilesystem"] is True, (
                    name,
                    container["name"],
                )
    wanted = {"airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "task"}
    if executor == "CeleryExecutor":
        wanted = wanted - {"task"} | {"airflow-worker"}
    assert wanted <= ours.keys()
    old = [line.strip() for line in rendered["airflow/templates/NOTES.txt"].splitlines() if "renamed" in line]
    assert [
        line for line in old if "logGroomerSidecar" not in line
    ] == []  # those are the chart's own defaults


@pytest.mark.parametrize("name", ["env", "volumes"])
def test_list_that_replaces_another_leaves_nothing_out(name):
    base, more = (read(file)[name] for file in ("helm-values.yaml", "helm-values-git-sync.yaml"))
    assert {one["name"] for one in base} <= {one["name"] for one in more}


def mounts(spec, image, path):
    return [
        one
        for container in spec["containers"]
        if container["image"].startswith(image)
        for one in container["volumeMounts"]
        if one["mountPath"] == path
    ]


def patched(base, patch):
    """As `kubectl patch` merges, strategically: lists of named objects by their names. None removes a key."""
    if isinstance(base, dict) and isinstance(patch, dict):
        both = base | {key: patched(base.get(key), value) for key, value in patch.items()}
        return {key: value for key, value in both.items() if value is not None}
    if isinstance(base, list) and isinstance(patch, list) and all(isinstance(one, dict) for one in base):
        named = {one["name"]: one for one in base}
        named |= {one["name"]: patched(named.get(one["name"]), one) for one in patch}
        return list(named.values())
    return patch


def listener():
    return read("kubernetes-listener.yaml")


def with_git_sync():
    return patched(listener(), read("kubernetes-listener-git-sync.yaml"))


@pytest.mark.parametrize("made", [listener, with_git_sync, lambda: read("kubernetes-listener-service.yaml")])
def test_listener_is_what_kubernetes_knows(made):
    valid(made())


@pytest.mark.parametrize("made", [listener, with_git_sync])
def test_listener_mounts_what_it_reads_and_only_volumes_that_there_are(made):
    spec = made()["spec"]["template"]["spec"]
    volumes = {one["name"]: one for one in spec["volumes"]}
    mounted = [mount for one in spec["containers"] for mount in one["volumeMounts"]]
    assert {one["name"] for one in mounted} == volumes.keys()
    (ours,) = [one for one in spec["containers"] if one["name"] == "listener"]
    folder = next(one["value"] for one in ours["env"] if one["name"] == "NEWSWATCH_CONFIG")
    (place,) = [one for one in ours["volumeMounts"] if folder.startswith(one["mountPath"])]
    assert place["readOnly"]
    source = volumes[place["name"]]
    assert ("emptyDir" in source) == (len(spec["containers"]) == 2), "somebody fills it"
    assert {"REDIS_URL", "SLACK_BOT_TOKEN"} <= {one["name"] for one in ours["env"]}


def test_service_leads_to_the_listener():
    service, deployment = read("kubernetes-listener-service.yaml"), listener()
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    (port,) = [
        one["containerPort"] for one in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
    ]
    assert service["spec"]["ports"][0]["targetPort"] == port
