"""A running scheduler, and `kill -9`: the next alert is out within 45 s of the return, none twice.

One stack of the launcher for the whole file: Airflow's four parts and Redis as `make run` starts
them, with the Slack simulator and the sample site. The launcher starts again what dies.
"""

import contextlib
import json
import time
from datetime import datetime, timezone
from functools import partial
from types import SimpleNamespace

import psutil
import pytest
import redis
from tests.store import store_records

from devtools.news_site.running import RunningSite
from devtools.running_stack import RunningStack
from devtools.slack_sim.running import RunningSimulator
from newswatch.store import keys
from newswatch.store.codec import item_to_json

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900)]

POLICY, OPS = "C0123456789", "C0999999999"
RECOVERY_S = 45.0
TASK_RECOVERY_S = 10.0
"""After a kill of a resident's process. Airflow notices it at once; a killed poll is repeated with the next one."""
AWAY_S = 60.0
BOOT_S = 17.0
"""How long Airflow takes to be healthy on an idle machine, at most."""

WATCHLIST = """\
rules:
  - {id: central-bank-opposes, query: central bank opposes, severity: high, notify: [policy]}
"""
RECEIVERS = f"""\
defaults: {{per_channel_interval: 0.05s, grace: 10s}}
receivers:
  - {{id: policy, channel: {POLICY}}}
  - {{id: ops, channel: {OPS}}}
"""


def feeds_text(site, more=""):
    entries = "".join(
        f"  - {{id: {name}, url: '{url}', every: 1s, at_most: 1s, allow_private: true}}\n"
        for name, url in site.feeds.items()
    )
    return f"feeds:\n{entries}{more}"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The whole system, running."""
    folder = tmp_path_factory.mktemp("recovery")
    config = folder / "config"
    config.mkdir()
    with RunningSite() as site, RunningSimulator(interval_s=0, strict_channels=False) as slack:
        (config / "feeds.yaml").write_text(feeds_text(site), encoding="utf-8")
        (config / "watchlist.yaml").write_text(WATCHLIST, encoding="utf-8")
        (config / "receivers.yaml").write_text(RECEIVERS, encoding="utf-8")
        with RunningStack(
            folder,
            config,
            SLACK_BOT_TOKEN=slack.token,
            SLACK_BASE_URL=slack.base_url,
        ) as stack:
            begun = time.monotonic()
            stack.wait_healthy(600)
            busy = max(1.0, (time.monotonic() - begun) / BOOT_S)
            with redis.Redis.from_url(stack.redis_url) as client:
                yield SimpleNamespace(
                    site=site,
                    slack=slack,
                    stack=stack,
                    config=config,
                    redis=client,
                    busy=busy,
                    until=partial(until, busy=busy),
                )


def until(what, timeout_s, *, busy, every_s=0.2):
    """Wait for something to be true and return it. The seconds it may take are part of the promise.

    `busy` is how many times as long as on an idle machine everything takes.
    """
    deadline = time.monotonic() + timeout_s * busy
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(every_s)
    return found


def told(world, link):
    """The messages that open with this story."""
    return [
        message
        for message in world.slack.messages(POLICY)
        if message.get("thread_ts") in (None, message["ts"]) and link in json.dumps(message["blocks"])
    ]


def publish_and_wait(world, timeout_s=RECOVERY_S):
    link = world.site.publish(repeat_after_s=3600)["link"]
    world.until(lambda: told(world, link), timeout_s)
    return link


def nothing_lost_nothing_twice(world):
    """Every story ever published has exactly one message, and no message id stands twice."""
    world.until(lambda: all(told(world, edition["link"]) for edition in world.site.log()), RECOVERY_S)
    for edition in world.site.log():
        assert len(told(world, edition["link"])) == 1
    assert world.slack.doubles() == {}


def running_tasks(world, dag_id):
    """Processes of this DAG's tasks that run at this moment, by task instance."""
    found = world.stack.api("GET", f"/dags/{dag_id}/dagRuns/~/taskInstances?state=running&limit=20")
    tasks = {}
    for task in found["task_instances"]:
        for pid in world.stack.pids(f"airflow worker -- {task['id']}"):
            with contextlib.suppress(psutil.Error):
                tasks[task["id"], task["map_index"]] = psutil.Process(pid)
    return tasks


def healthy(world, component):
    try:
        found = world.stack.api("GET", "/monitor/health")
    except (OSError, RuntimeError):
        return False  # the api-server is not back yet
    return component == "api_server" or found[component]["status"] == "healthy"


def returned(world, component, old_pid):
    """Wait for the launcher to have started it again."""

    def another():
        with contextlib.suppress(RuntimeError, psutil.Error):
            return world.stack.component(component).pid != old_pid
        return False

    world.until(another, 60)
    world.until(lambda: healthy(world, component.replace("-", "_")), 60)


def test_alert_goes_out_under_a_running_scheduler(world):
    publish_and_wait(world, 90)
    nothing_lost_nothing_twice(world)


@pytest.mark.parametrize("component", ["scheduler", "api_server"])
def test_kill_of_a_component_delays_the_next_alert_by_45_seconds_at_most(world, component):
    process = world.stack.component(component)
    link = world.site.publish(repeat_after_s=3600)["link"]
    time.sleep(2)
    process.kill()
    returned(world, component, process.pid)
    world.until(lambda: told(world, link), RECOVERY_S)
    publish_and_wait(world)
    nothing_lost_nothing_twice(world)


@pytest.mark.parametrize("dag_id", ["poll_feeds", "match_items", "deliver_alerts"])
def test_kill_of_a_task_process_loses_no_alert_and_repeats_none(world, dag_id):
    world.slack.config(latency_s=1.5)
    try:
        link = world.site.publish(repeat_after_s=3600)["link"]
        ((_, process), *_) = world.until(lambda: list(running_tasks(world, dag_id).items()), 60, every_s=0.05)
        process.kill()
        publish_and_wait(world, TASK_RECOVERY_S)
        world.until(lambda: told(world, link), RECOVERY_S)
    finally:
        world.slack.config(latency_s=0.0)
    nothing_lost_nothing_twice(world)


def test_residents_outlive_an_api_server_that_is_away_for_a_minute(world):
    """What is in the stream goes out meanwhile, and no resident is started again more than once."""
    tries = residents(world)
    process = world.stack.component("api_server")
    family = [process, *process.children(recursive=True)]
    for one in family:
        one.suspend()
    try:
        back_at = time.monotonic() + AWAY_S
        link = add_item(world)
        world.until(lambda: told(world, link), TASK_RECOVERY_S)
        time.sleep(max(0.0, back_at - time.monotonic()))
    finally:
        for one in family:
            one.resume()
    publish_and_wait(world, 105 - AWAY_S)
    nothing_lost_nothing_twice(world)
    now = residents(world)
    assert all(now.get(run, number) <= number + 1 for run, number in tries.items())


def add_item(world):
    """Another producer's item, straight into the stream. Returns its link."""
    version = int(world.redis.hget(keys.CONFIG, "version"))
    link = f"https://news.example/{time.time_ns()}"
    title = "Lighthouse bonds: the central bank opposes their sale"
    now = datetime.now(timezone.utc)
    item = store_records.item(
        time.time_ns(),
        title=title,
        link=link,
        canonical_link=link,
        config_version=version,
        published=now,
        first_seen=now,
    )
    world.redis.xadd(keys.ITEMS, {"v": "1", "item": item_to_json(item)})
    return link


def residents(world):
    """The try number of each resident's running task, by run."""
    found = {}
    for dag_id in ("match_items", "deliver_alerts"):
        path = f"/dags/{dag_id}/dagRuns/~/taskInstances?state=running&limit=20"
        for task in world.stack.api("GET", path)["task_instances"]:
            found[dag_id, task["dag_run_id"]] = task["try_number"]
    return found


def test_items_that_no_task_announced_are_matched(world):
    """Another producer's items: matching waits at the stream."""
    world.redis.xadd(keys.ITEMS, {"item": "no item of ours"})
    world.until(lambda: all_matched(world), RECOVERY_S)


def all_matched(world):
    groups = world.redis.xinfo_groups(keys.ITEMS)  # matching makes its own when it begins
    return bool(groups) and all(group["lag"] == group["pending"] == 0 for group in groups)


def test_edited_configuration_is_in_force_within_thirty_seconds(world):
    version = int(world.redis.hget(keys.CONFIG, "version"))
    (world.config / "watchlist.yaml").write_text(f"{WATCHLIST}# edited\n", encoding="utf-8")
    rules = WATCHLIST + "  - {id: another, query: another thing, notify: [policy]}\n"
    (world.config / "watchlist.yaml").write_text(rules, encoding="utf-8")
    world.until(lambda: int(world.redis.hget(keys.CONFIG, "version")) > version, 30)


def test_each_edit_shows_in_airflow_green_or_red(world):
    def checked(state):
        runs = world.stack.runs("check_config")
        return [run for run in runs if run["dag_run_id"].startswith("edit__") and run["state"] == state]

    red, green = len(checked("failed")), len(checked("success"))
    whole = (world.config / "watchlist.yaml").read_text(encoding="utf-8")
    (world.config / "watchlist.yaml").write_text(f"{whole}  - {{id: broken\n", encoding="utf-8")
    world.until(lambda: len(checked("failed")) > red, 60)
    (world.config / "watchlist.yaml").write_text(f"{whole}# mended\n", encoding="utf-8")
    world.until(lambda: len(checked("success")) > green, 60)


def test_articles_are_read_by_a_run_that_begins_when_some_wait(world):
    assert world.stack.runs("fetch_articles") == []
    text = feeds_text(world.site).replace("every:", "article: true, every:")
    version = world.until(lambda: world.redis.hget(keys.CONFIG, "version"), 60)
    (world.config / "feeds.yaml").write_text(text, encoding="utf-8")
    world.until(lambda: world.redis.hget(keys.CONFIG, "version") != version, 30)

    def read(link):
        rows = [row[b"item"].decode() for _, row in world.redis.xrange(keys.ITEMS)]
        return [row for row in rows if link in row and json.loads(row).get("article")]

    first = world.site.publish(repeat_after_s=3600)["link"]
    world.until(lambda: read(first), 30)
    ((_, process),) = running_tasks(world, "fetch_articles").items()
    process.kill()
    second = world.site.publish(repeat_after_s=3600)["link"]
    world.until(lambda: read(second), RECOVERY_S)
    (run,) = world.stack.runs("fetch_articles")
    assert run["dag_run_id"].startswith("article__")
    assert run["state"] == "running"
