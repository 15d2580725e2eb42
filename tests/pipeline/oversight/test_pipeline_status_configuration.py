"""Broken files on the page Status: one problem, its place, what to do, and what goes on meanwhile."""

from functools import partial

from feed_server import story
from newswatch.pipeline.oversight.findings import Finding
from newswatch.pipeline.oversight.status import read_status

RED = Finding(
    "dag:check_config", "error", "The last run of check_config failed.", "Open its red task.", "a-run-is-red"
)
WRONG = "rules:\n  - {id: a, query: bank, severity: hihg, notify: [policy]}\n"


def problems(newsroom):
    return newsroom._do(partial(read_status, further=[RED])).findings


def test_broken_files_are_one_problem_though_check_config_is_red_for_them(newsroom):
    newsroom.poll()
    newsroom.write("watchlist.yaml", WRONG)
    newsroom.poll()
    (found,) = (one for one in problems(newsroom) if one.level == "error")
    assert "watchlist.yaml:2:" in found.what
    assert "the last valid configuration stays in force" in found.what
    assert found.do == "Correct them in the editor or in the files."


def test_broken_files_at_the_first_start_do_not_promise_that_alerts_continue(newsroom):
    newsroom.write("watchlist.yaml", WRONG)
    newsroom.poll()
    (found,) = (one for one in problems(newsroom) if one.level == "error")
    assert "no configuration is in force" in found.what
    assert "Until then nothing is polled." in found.do
    assert "continue" not in found.do


def test_red_run_of_another_cause_is_shown(newsroom):
    newsroom.poll()
    assert RED in problems(newsroom)


def test_revoked_token_is_one_problem_though_the_run_is_red_and_sending_is_paused(newsroom):
    newsroom.site.serve("/wire", story(1, "The central bank opposes it"))
    newsroom.slack.fault(method="chat.postMessage", kind="token_revoked", times=0)
    newsroom.run()
    red = Finding(
        "dag:deliver_alerts", "error", "The last run of deliver_alerts failed.", "Open it.", "a-run-is-red"
    )
    found = newsroom._do(partial(read_status, further=[red])).findings
    assert [one.cause for one in found] == ["slack"]
    assert "token_revoked" in found[0].what


def test_paused_dag_is_shown_though_slack_refuses_the_token(newsroom):
    newsroom.site.serve("/wire", story(1, "The central bank opposes it"))
    newsroom.slack.fault(method="chat.postMessage", kind="token_revoked", times=0)
    newsroom.run()
    paused = Finding("dag:deliver_alerts", "error", "The DAG is paused.", "Unpause it.", "a-dag-is-paused")
    assert paused in newsroom._do(partial(read_status, further=[paused])).findings
