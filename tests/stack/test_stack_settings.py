"""Settings, connections, ports and the environment of children."""

import json
import socket
from pathlib import Path

import pytest

from devtools.stack import StackError
from devtools.stack.airflow_secrets import airflow_secrets
from devtools.stack.connections import redis_connection, slack_connection
from devtools.stack.environment import AirflowPlace, Endpoints, child_environment, login_is_on
from devtools.stack.ports import RememberedPorts, fixed_port
from devtools.stack.settings import read_settings
from newswatch.errors import SettingsRefused

ROOT = Path("/somewhere")
ENDPOINTS = Endpoints("rediss://u:p@h:6380/5", "xoxb-1", "http://127.0.0.1:1/api", Path("/c"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://127.0.0.1", {"host": "127.0.0.1", "port": 6379, "extra": {"db": 0}}),
        ("redis://h:7000/3", {"host": "h", "port": 7000, "extra": {"db": 3}}),
        ("redis://h?db=4", {"host": "h", "port": 6379, "extra": {"db": 4}}),
        ("redis://[::1]:6379/1", {"host": "::1", "port": 6379, "extra": {"db": 1}}),
        ("redis://:p%40ss%2F@h", {"host": "h", "port": 6379, "password": "p@ss/", "extra": {"db": 0}}),
        (
            "rediss://user:pw@h:6380/5",
            {"host": "h", "port": 6380, "login": "user", "password": "pw", "extra": {"db": 5, "ssl": True}},
        ),
        (
            "rediss://h/0?ssl_ca_certs=/ca.pem&ssl_check_hostname=false",
            {
                "host": "h",
                "port": 6379,
                "extra": {"db": 0, "ssl": True, "ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False},
            },
        ),
    ],
)
def test_redis_connection_keeps_every_part_of_the_url(url, expected):
    assert redis_connection(url) == {"conn_type": "redis", **expected}


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "redis://",
        "redis://h/five",
        "redis://h:port",
        "redis://h/1?retry=2",
        "unix:///run/redis.sock",
    ],
)
def test_redis_connection_refuses_what_the_hook_would_lose(url):
    with pytest.raises(StackError, match="REDIS_URL"):
        redis_connection(url)


def test_redis_connection_error_hides_the_password():
    with pytest.raises(StackError) as caught:
        redis_connection("redis://:hunter2@h/five")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("base", ["http://127.0.0.1:8081/api", "http://127.0.0.1:8081/api/"])
def test_slack_connection_closes_the_base_url_with_a_slash(base):
    connection = slack_connection("xoxb-1", base)
    assert connection["password"] == "xoxb-1"
    assert connection["extra"]["base_url"] == "http://127.0.0.1:8081/api/"


def test_settings_without_variables_embed_everything():
    settings = read_settings({}, ROOT, ROOT / ".data")
    assert (settings.airflow_port, settings.slack_sim_port, settings.site_port) == (8080, 8081, None)
    assert settings.sample
    assert settings.config == ROOT / "config"


def test_settings_with_a_token_have_no_sample():
    settings = read_settings({"SLACK_BOT_TOKEN": "xoxb-1", "REDIS_URL": ""}, ROOT, ROOT / ".data")
    assert not settings.sample
    assert settings.redis_url is None


def test_stack_refuses_what_newswatch_would_refuse():
    with pytest.raises(SettingsRefused, match="NEWSWATCH_RULE_CAP"):
        read_settings({"NEWSWATCH_RULE_CAP": "many"}, ROOT, ROOT / ".data")


@pytest.mark.parametrize("value", ["0", "70000", "eighty", "-1"])
def test_settings_name_the_variable_of_a_bad_port(value):
    with pytest.raises(StackError, match="AIRFLOW_PORT"):
        read_settings({"AIRFLOW_PORT": value}, ROOT, ROOT / ".data")


def test_a_taken_port_names_the_variable_that_moves_it():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=rf"port {port} is taken.*AIRFLOW_PORT="):
            fixed_port("AIRFLOW_PORT", port)


def test_a_remembered_port_is_kept_until_somebody_takes_it(tmp_path):
    first = RememberedPorts(tmp_path / "ports.json").take("redis")
    assert RememberedPorts(tmp_path / "ports.json").take("redis") == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first))
        other.listen(1)
        assert RememberedPorts(tmp_path / "ports.json").take("redis") != first


def place(tmp_path):
    return AirflowPlace(ROOT, tmp_path, 9090, airflow_secrets(tmp_path / "secrets.json"))


def test_children_get_the_callers_environment_and_both_connections(tmp_path):
    environ = child_environment({"MINE": "1"}, "id", ENDPOINTS, place(tmp_path))
    assert environ["MINE"] == "1"
    assert json.loads(environ["AIRFLOW_CONN_NEWSWATCH_REDIS"])["extra"] == {"db": 5, "ssl": True}
    assert json.loads(environ["AIRFLOW_CONN_NEWSWATCH_SLACK"])["password"] == "xoxb-1"
    assert environ["NEWSWATCH_CONFIG"] == "/c"
    assert environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:9090/execution/"
    assert environ["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_tuning_gives_way_to_the_caller_but_wiring_does_not(tmp_path):
    caller = {"AIRFLOW__CORE__PARALLELISM": "2", "AIRFLOW_HOME": "/another/airflow"}
    environ = child_environment(caller, "id", ENDPOINTS, place(tmp_path))
    assert environ["AIRFLOW__CORE__PARALLELISM"] == "2"
    assert environ["AIRFLOW_HOME"] == str(tmp_path)


@pytest.mark.parametrize(("shards", "slots"), [("", "6"), ("1", "6"), ("5", "10")])
def test_there_is_a_slot_for_each_resident_and_two_more(tmp_path, shards, slots):
    environ = child_environment({"NEWSWATCH_POLL_SHARDS": shards}, "id", ENDPOINTS, place(tmp_path))
    assert environ["AIRFLOW__CORE__PARALLELISM"] == slots


def test_loopback_is_never_asked_for_through_a_proxy():
    environ = child_environment({"no_proxy": "intranet"}, "id", ENDPOINTS, None)
    assert environ["NO_PROXY"] == environ["no_proxy"] == "intranet,127.0.0.1,localhost,::1"


@pytest.mark.parametrize(
    ("value", "expected"), [(None, False), ("True", False), ("False", True), ("no", True)]
)
def test_the_login_is_off_unless_the_environment_turns_it_on(value, expected):
    name = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"
    assert login_is_on({} if value is None else {name: value}) is expected


def test_secrets_stay_the_same_and_are_for_their_owner_only(tmp_path):
    file = tmp_path / "secrets.json"
    assert airflow_secrets(file) == airflow_secrets(file)
    assert file.stat().st_mode & 0o077 == 0
