"""What monitors ask a listener: whether clicks arrive, and whether a new start would help."""

from __future__ import annotations

import yaml
from aiohttp.test_utils import TestClient, TestServer

from airflow_sandbox import ROOT
from newswatch.listener.web import build


def probes() -> dict[str, str]:
    text = (ROOT / "deploy" / "kubernetes-listener.yaml").read_text("utf-8")
    (container,) = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"]
    return {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("readiness", "liveness")}


async def test_listener_that_hears_nothing_is_not_started_again_for_that():
    """While Slack is away, Kubernetes would put its starts off for longer and longer."""

    async def away() -> bool:
        return False

    async with TestClient(TestServer(build(None, None, away))) as client:
        states = {kind: (await client.get(path)).status for kind, path in probes().items()}
    assert states == {"readiness": 503, "liveness": 200}
