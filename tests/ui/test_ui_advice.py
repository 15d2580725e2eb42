"""No page and no answer in Slack sends anybody to a terminal: advice is a button, a link, or the name of a page."""

import ast
import html
import re
from functools import partial

import pytest
import scenes
from test_ui_security import routes, url_of

from feed_server import story
from newsroom import ROOT
from newswatch.cli.app import newswatch as command_line
from newswatch.pipeline.base import notices
from newswatch.pipeline.deliver.dead_letters import make_dead_letter
from newswatch.sending import Identity
from newswatch.store import deployment, messages

NAMES = "|".join(sorted(command_line.commands))
COMMAND = re.compile(rf"(?<![/\w.])newswatch (?:{NAMES})\b")
"""/newswatch mute is a command in Slack, and is fine."""
DOCUMENTS = ("/runbook", "/guide", "/openapi.json")
PRINTED = {  # texts that only the command line prints
    "oversight/doctor.py",
    "oversight/backup.py",
    "oversight/queues.py",
    "authoring/slack_setup.py",
    "authoring/source_check.py",
    "authoring/coach/report.py",
    "match/log.py",
    "poll/health.py",
}
OTHER_WORKSPACE = Identity("T0OTHER", "Another", "B0OTHER", "newswatch")


def empty(room):
    room.adopt()


def broken(room):
    scenes.trouble(room)
    for cause in ("workspace", "workspace-bot", "layout:wire", "item-unmatched", "gap:wire", "packs"):
        room._do(partial(notices.raise_notice, cause=cause, text=f"Something is wrong with {cause}."))
    room.redis.hset("newswatch:dead:items", "1700000000000-0", "ValueError: old")
    room.write(
        "receivers.yaml", (room.config / "receivers.yaml").read_text("utf-8").replace("closed", "shut")
    )


@pytest.mark.parametrize("scene", [empty, scenes.full, broken])
def test_no_page_names_a_command(visit, newsroom, scene):
    scene(newsroom)
    client = visit("ada")
    alert = next(iter(newsroom.redis.zrange("newswatch:alerts", 0, 0)), "abc")
    seen = 0
    for method, path in routes():
        if method != "GET" or path.startswith(DOCUMENTS) or path.startswith("/static"):
            continue
        for query in ("", "?text=zzz", "?item=nothing", "?q=nothing"):
            answer = client.get(url_of(path).replace("/abc", f"/{alert}") + query)
            text = html.unescape(re.sub(r"<[^>]+>", "", answer.text))
            assert not COMMAND.search(text), (path, query, COMMAND.search(text))
            seen += answer.status_code == 200
    assert seen > 10


def test_no_text_of_pages_or_slack_names_a_command():
    """The states that no scene provokes: every text in the code behind pages and Slack, but for docstrings."""
    found = []
    for folder in ("newswatch/pipeline", "newswatch/listener", "newswatch/slack", "newswatch_airflow/ui"):
        for path in sorted((ROOT / "plugins" / folder).rglob("*.py")):
            if any(path.as_posix().endswith(f"pipeline/{name}") for name in PRINTED):
                continue
            tree = ast.parse(path.read_text("utf-8"))
            docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            found += [
                f"{path.name}:{node.lineno}: {node.value}"
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
                if COMMAND.search(node.value)
            ]
    for path in sorted((ROOT / "plugins/newswatch_airflow/ui").rglob("*.html")):
        found += [f"{path.name}: {hit[0]}" for hit in COMMAND.finditer(path.read_text("utf-8"))]
    assert found == []


def test_notices_to_ops_name_pages_instead_of_commands(newsroom):
    newsroom.site.serve("/wire", story(1, "Central bank opposes the plan"))
    newsroom.feeds("wire", "gone")
    newsroom.poll()
    newsroom.match()
    (name,) = newsroom.redis.zrange("newswatch:outbox:C0123456789", 0, -1)

    async def refuse(services):
        found = await messages.read_message(services.redis, name)
        await make_dead_letter(services, found.message, "invalid_blocks")
        await deployment.adopt(services.redis, OTHER_WORKSPACE)

    newsroom._do(refuse)
    newsroom.deliver()
    texts = [newsroom.redis.hget(key, "text") for key in newsroom.redis.keys("newswatch:notice:*")]
    assert any("The page Delivery shows them" in text for text in texts)
    assert any("adopt the workspace on the page Status" in text for text in texts)
    assert not any(COMMAND.search(text) for text in texts)


def test_another_workspace_is_adopted_with_the_button_by_those_who_may(visit, newsroom):
    newsroom.site.serve("/wire", story(1, "Central bank opposes the plan"))
    newsroom.poll()
    newsroom.match()
    newsroom._do(lambda services: deployment.adopt(services.redis, OTHER_WORKSPACE))
    newsroom.deliver()
    assert 'data-post="/newswatch/api/workspace/adopt"' in visit("ada").get("/newswatch/").text
    assert 'data-post="/newswatch/api/workspace/adopt"' not in visit("vera").get("/newswatch/").text
    write = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    assert visit("vera").post("/newswatch/api/workspace/adopt", json={}, headers=write).status_code == 403
    answer = visit("ada").post("/newswatch/api/workspace/adopt", json={}, headers=write)
    assert answer.status_code == 200, answer.text
    assert "from now on" in answer.json()["message"]
    newsroom.deliver()
    assert "Adopt this workspace" not in visit("ada").get("/newswatch/").text


def test_coverage_of_all_feeds_comes_as_a_table(visit, newsroom):
    newsroom.feeds("wire", "gone")
    newsroom.poll()
    client = visit("vera")
    assert 'href="/newswatch/coverage.csv"' in client.get("/newswatch/coverage").text
    answer = client.get("/newswatch/coverage.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert [line.split(",")[0] for line in answer.text.splitlines()] == ["feed_id", "gone", "wire"]
