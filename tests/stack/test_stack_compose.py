"""The compose files as docker-compose itself reads them."""

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
import yaml

from devtools.redis_server import RunningRedis, free_port, server_binary
from newswatch.store.sentinel_address import read_address

pytestmark = pytest.mark.heavy

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "AIRFLOW_ADMIN_PASSWORD": "admin1",
    "AIRFLOW_JWT_SECRET": "jwt1",
    "AIRFLOW_FERNET_KEY": "fernet1",
    "POSTGRES_PASSWORD": "postgres1",
    "NEWSWATCH_REDIS_PASSWORD": "redis1",
    "BROKER_PASSWORD": "broker1",
}
AIRFLOW = ("api-server", "scheduler", "dag-processor", "worker")


def compose(tmp_path, *files, **variables):
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    (tmp_path / "env").write_text("")
    named = [argument for file in files for argument in ("--file", str(ROOT / file))]
    return subprocess.run(
        [program, "--env-file", str(tmp_path / "env"), *named, "config"],
        check=False,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=240,
    )


def services(done):
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)["services"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    return services(compose(tmp_path_factory.mktemp("compose"), "docker-compose.yml", **SECRETS))


def mounts(service):
    return [
        volume
        if isinstance(volume, str)
        else f"{volume['source']}:{volume['target']}:{volume.get('mode', 'rw')}"
        for volume in service.get("volumes", [])
    ]


def test_compose_runs_every_part_with_celery_workers(stack):
    assert {f"airflow-{name}" for name in AIRFLOW} <= set(stack)
    assert stack["airflow-scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert "container_name" not in stack["airflow-worker"], "a fixed name would forbid --scale"
    assert "ports" not in stack["airflow-worker"]


def test_compose_asks_for_a_login(stack):
    manager = stack["airflow-api-server"]["environment"]["AIRFLOW__CORE__AUTH_MANAGER"]
    assert manager.endswith("FabAuthManager")
    assert all("ALL_ADMINS" not in name for name in stack["airflow-api-server"]["environment"])


def test_only_the_api_server_and_the_listener_may_write_the_configuration(stack):
    writers = {"airflow-api-server", "newswatch-listener"}
    for name, service in stack.items():
        config = [mount for mount in mounts(service) if "/srv/newswatch/config" in mount]
        assert all(mount.endswith(":ro") for mount in config) is (name not in writers) or not config


def test_newswatch_has_a_redis_of_its_own_that_forgets_nothing(stack):
    command = " ".join(stack["newswatch-redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "--dir /data" in command
    assert "newswatch-redis-data:/data:rw" in mounts(stack["newswatch-redis"])
    broker = stack["airflow-worker"]["environment"]["AIRFLOW__CELERY__BROKER_URL"]
    assert "newswatch-redis" not in broker


def test_the_broker_asks_for_a_password(stack):
    command = " ".join(stack["broker"]["command"])
    assert "--requirepass broker1" in command
    assert "--protected-mode no" not in command
    for name in AIRFLOW:
        environment = stack[f"airflow-{name}"]["environment"]
        assert environment["AIRFLOW__CELERY__BROKER_URL"] == "redis://:broker1@broker:6379/0"


def test_the_connections_reach_airflow_whole(stack):
    environment = stack["airflow-worker"]["environment"]
    redis = json.loads(environment["AIRFLOW_CONN_NEWSWATCH_REDIS"])
    assert redis == {"conn_type": "redis", "extra": {"url": "redis://:redis1@newswatch-redis:6379/0"}}
    assert environment["REDIS_URL"] == redis["extra"]["url"]
    slack = json.loads(environment["AIRFLOW_CONN_NEWSWATCH_SLACK"])
    assert slack["password"] == "xoxb-1"
    assert slack["extra"]["base_url"].endswith("/")


def test_nothing_starts_before_what_it_needs(stack):
    for name in ("scheduler", "worker"):
        needs = stack[f"airflow-{name}"]["depends_on"]
        assert needs["airflow-init"]["condition"] == "service_completed_successfully"
        assert needs["airflow-api-server"]["condition"] == "service_healthy"
        assert needs["newswatch-redis"]["condition"] == "service_healthy"


def test_every_lasting_airflow_service_has_a_health_check(stack):
    assert all("healthcheck" in stack[f"airflow-{name}"] for name in AIRFLOW)


def test_only_the_ui_and_the_listener_are_published_and_only_on_loopback(stack):
    published = {name: service["ports"] for name, service in stack.items() if service.get("ports")}
    assert set(published) == {"airflow-api-server", "newswatch-listener"}
    assert all("127.0.0.1" in str(ports) for ports in published.values())


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_missing_secret_is_named(tmp_path, name):
    done = compose(tmp_path, "docker-compose.yml", **{key: SECRETS[key] for key in SECRETS if key != name})
    assert done.returncode != 0
    assert ".env.example" in done.stderr


def test_the_simulator_override_points_every_part_at_it(tmp_path):
    stack = services(compose(tmp_path, "docker-compose.yml", "docker-compose.sim.yml", **SECRETS))
    assert {"slack-sim", "news-site", "sample-config", "newswatch-listener"} <= set(stack)
    listener = stack["newswatch-listener"]["environment"]
    assert listener["SLACK_APP_TOKEN"].startswith("xapp-")
    assert listener["SLACK_BASE_URL"] == "http://slack-sim:8081/api/"
    for name in AIRFLOW:
        environment = stack[f"airflow-{name}"]["environment"]
        slack = json.loads(environment["AIRFLOW_CONN_NEWSWATCH_SLACK"])
        assert slack["extra"]["base_url"] == "http://slack-sim:8081/api/"
        assert environment["NEWSWATCH_CONFIG"] == "/srv/newswatch/sample/config"


def test_the_example_settings_name_every_secret():
    text = (ROOT / ".env.example").read_text()
    assert all(f"\n{name}=" in text for name in SECRETS)


def test_the_bundle_of_cas_is_the_one_for_the_containers_not_the_shells(tmp_path):
    shell = {"SSL_CERT_FILE": "/home/me/ca.pem"}
    for own, expected in (
        ({}, "/etc/ssl/certs/ca-certificates.crt"),
        ({"COMPOSE_SSL_CERT_FILE": "/srv/newswatch/config/ca.pem"}, "/srv/newswatch/config/ca.pem"),
    ):
        stack = services(compose(tmp_path, "docker-compose.yml", **SECRETS, **shell, **own))
        assert stack["airflow-worker"]["environment"]["SSL_CERT_FILE"] == expected


def test_everything_the_image_copies_reaches_the_engine():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from=" not in line]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert {"plugins", "dags", "docs"} <= set(copied), "the runbook page shows docs/runbook.md"
    assert set(copied) <= let_through
    assert all((ROOT / name).exists() for name in copied)


def test_airflow_starts_as_a_user_whom_the_image_does_not_know(tmp_path):
    given = dict(re.findall(r"\b(HOME|USER)=(\S+)", (ROOT / "Dockerfile").read_text()))
    code = (
        "import pwd; pwd.getpwuid = {}.__getitem__\n"
        "from airflow.utils.platform import getuser; print(getuser(), __import__('os').path.expanduser('~'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        env={**given, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.stdout.split() == ["airflow", "/opt/airflow"], done.stderr


def test_redis_and_postgresql_of_ones_own_need_settings_only(tmp_path):
    own = {
        "NEWSWATCH_REDIS_SCHEME": "rediss+sentinel",
        "NEWSWATCH_REDIS_USER": "newswatch",
        "NEWSWATCH_REDIS_SERVERS": "one.example.com:26379,two.example.com:26379",
        "NEWSWATCH_REDIS_DATABASE": "main/0?ssl_certfile=/srv/newswatch/config/me.pem",
        "POSTGRES_SERVER": "db.example.com:5433",
        "POSTGRES_USER": "af",
        "POSTGRES_DATABASE": "afdb",
        "SLACK_BASE_URL": "https://slack.example.com/api/",
    }
    files = ("docker-compose.yml", "docker-compose.external.yml")
    stack = services(compose(tmp_path, *files, **SECRETS, **own))
    environment = stack["airflow-worker"]["environment"]
    url = environment["REDIS_URL"]
    assert json.loads(environment["AIRFLOW_CONN_NEWSWATCH_REDIS"])["extra"]["url"] == url
    address = read_address(url)
    assert address.sentinels == (("one.example.com", 26379), ("two.example.com", 26379))
    assert (address.service, address.username, address.password) == ("main", "newswatch", "redis1")
    database = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert database == "postgresql+psycopg2://af:postgres1@db.example.com:5433/afdb"
    assert environment["SLACK_BASE_URL"] == "https://slack.example.com/api/"
    for name in ("postgres", "newswatch-redis"):
        assert stack[name]["command"] == ["sleep", "infinity"]
        assert stack[name]["image"] == "newswatch:local"


def test_every_service_is_confined_and_its_log_rotates(stack):
    for name, service in stack.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["logging"]["options"] == {"max-file": "5", "max-size": "20m"}, name


def test_what_an_airflow_service_writes_is_in_memory_or_a_volume(stack):
    for name in AIRFLOW:
        service = stack[f"airflow-{name}"]
        assert [place.partition(":")[0] for place in service["tmpfs"]] == ["/tmp", "/opt/airflow"]
        assert "airflow-logs:/opt/airflow/logs:rw" in mounts(service)


def test_health_checks_do_not_load_airflow_each_minute(stack):
    for name in (*AIRFLOW, "dag-processor"):
        words = " ".join(stack[f"airflow-{name}"]["healthcheck"]["test"])
        assert not re.search(r"\bairflow (jobs|celery)|airflow\.providers", words), name


def test_a_slow_machine_has_time_to_start(stack):
    for name in AIRFLOW:
        assert stack[f"airflow-{name}"]["healthcheck"]["start_period"] in {"10m", "10m0s"}, name
    limits = stack["airflow-worker"]["environment"]
    assert int(limits["AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT"]) >= 300
    assert int(limits["AIRFLOW__CELERY__OPERATION_TIMEOUT"]) >= 15
    assert int(limits["AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT"]) >= 20


def test_a_killed_broker_loses_no_queued_task(stack):
    command = " ".join(stack["broker"]["command"])
    assert "--appendonly yes" in command
    assert "--dir /data" in command
    assert "broker-data:/data:rw" in mounts(stack["broker"])


def test_a_stopped_worker_ends_its_residents(stack):
    options = stack["airflow-worker"]["environment"]["AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS"]
    module, _, name = options.rpartition(".")
    source = (ROOT / "plugins" / module.replace(".", "/")).with_suffix(".py").read_text()
    assert f" as {name}\n" in source
    assert stack["airflow-worker"]["stop_grace_period"] == "20s"


def test_the_simulated_services_read_and_write_their_sample_as_one_user(tmp_path):
    files = ("docker-compose.yml", "docker-compose.sim.yml")
    stack = services(compose(tmp_path, *files, AIRFLOW_UID="1234", **SECRETS))
    users = {
        name: stack[name]["user"] for name in ("slack-sim", "news-site", "sample-config", "airflow-worker")
    }
    assert set(users.values()) == {"1234:0"}, users
    assert "/srv/newswatch/sample" in (ROOT / "Dockerfile").read_text(), (
        "a new volume takes its owner and mode"
    )


def checked(stack, tmp_path, encoding="UTF8", **passwords):
    """What airflow-init checks before anything else, with a PostgreSQL that reports this encoding."""
    script = stack["airflow-init"]["command"][-1].replace("$$", "$")
    check = script.partition("<<'CHECK'\n")[2].partition("\nCHECK\n")[0]
    (tmp_path / "sqlalchemy.py").write_text(
        "from unittest.mock import MagicMock\n"
        "create_engine = MagicMock()\n"
        "link = create_engine.return_value.connect.return_value.__enter__.return_value\n"
        f"link.exec_driver_sql.return_value.scalar.return_value = {encoding!r}\n"
    )
    given = {**stack["airflow-init"]["environment"], **passwords, "PYTHONPATH": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "-c", check],
        check=False,
        env={name: str(value) for name, value in given.items()},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_postgresql_in_another_encoding_is_refused_before_anything_starts(stack, tmp_path):
    assert stack["postgres"]["environment"]["POSTGRES_INITDB_ARGS"] == "--encoding=UTF8"
    for encoding, code in (("UTF8", 0), ("SQL_ASCII", 1)):
        done = checked(stack, tmp_path, encoding)
        assert done.returncode == code, done.stderr
        assert (encoding == "UTF8") or encoding in done.stderr


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "NEWSWATCH_REDIS_PASSWORD", "BROKER_PASSWORD"])
def test_password_that_does_not_fit_into_a_url_is_named_and_not_shown(stack, tmp_path, name):
    for password in ("hunter2/x", "hunter2@x", "hunter2#x", 'hunter2"x', "hunter2%x"):
        done = checked(stack, tmp_path, **{name: password})
        assert done.returncode == 1
        assert f"{name} in .env" in done.stderr
        assert "hunter2" not in done.stderr
    assert checked(stack, tmp_path, **{name: "a-Z.0_9~%2F"}).returncode == 0


def test_no_secret_of_an_airflow_service_is_in_a_list_of_processes(stack):
    """Commands of Airflow's containers take secrets from the environment or from their input."""
    for name, service in stack.items():
        if name.startswith(("airflow-", "newswatch-listener")):
            words = " ".join([*service["command"], *service.get("healthcheck", {}).get("test", [])])
            assert not any(secret in words for secret in SECRETS.values()), name
            assert not re.search(r"--(password|broker)\b", words), name


def test_every_setting_of_the_example_reaches_the_stages(tmp_path):
    parts = (ROOT / ".env.example").read_text().partition("── ports ──")[0].split("\n\n")
    entries = re.findall(r"((?:^# .*\n)+)((?:^#?[A-Z_]+=.*\n?)+)", "\n".join(parts), re.MULTILINE)
    names = {
        name
        for comment, lines in entries
        if "make run only" not in comment
        for name in re.findall(r"^#?([A-Z_0-9]+)=", lines, re.MULTILINE)
    }
    of_the_listener = {"SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "NEWSWATCH_LISTEN"}
    assert {"NEWSWATCH_RULE_CAP", "NEWSWATCH_FIRST_ENTRIES", *of_the_listener} <= names
    stack = services(compose(tmp_path, "docker-compose.yml", **SECRETS))
    assert names - of_the_listener <= set(stack["airflow-worker"]["environment"])
    assert of_the_listener <= set(stack["newswatch-listener"]["environment"])


def test_sentinels_of_the_profile_make_the_replica_the_primary(tmp_path):
    """The command of the Sentinel itself, with addresses of this machine in place of the containers'."""
    (tmp_path / "env").write_text("COMPOSE_PROFILES=sentinel\n")
    stack = services(compose(tmp_path, "docker-compose.yml", COMPOSE_PROFILES="sentinel", **SECRETS))
    assert stack["newswatch-sentinel"]["scale"] == 3, "two of them have to agree"
    *shell, script = stack["newswatch-sentinel"]["command"]
    primary = RunningRedis(None, "--requirepass", "redis1", "--masterauth", "redis1")
    of = ("--replicaof", f"127.0.0.1 {primary.port}")
    replica = RunningRedis(None, "--requirepass", "redis1", "--masterauth", "redis1", *of)
    port = free_port()
    own = script.replace("$$", "$").replace("/tmp", str(tmp_path)).replace("26379", str(port))
    own = (
        own.replace("6379 2", f"{primary.port} 1")
        .replace("redis-server", shlex.quote(server_binary()))
        .replace("5000", "500")
    )
    own = re.sub(r"\$\(getent [^)]*\)", "127.0.0.1", own)
    sentinel = subprocess.Popen([*shell, own], env={"PASSWORD": "redis1", "PATH": os.environ["PATH"]})
    try:
        with redis.Redis(port=port) as client:
            wait_for(lambda: client.sentinel_master("newswatch-primary")["num-slaves"] == 1)
            primary.kill()
            wait_for(lambda: client.sentinel_master("newswatch-primary")["port"] == replica.port)
    finally:
        sentinel.kill()
        sentinel.wait()
        replica.stop()
        primary.stop()


def wait_for(condition, timeout_s=90.0):
    deadline = time.monotonic() + timeout_s
    while True:
        with contextlib.suppress(redis.exceptions.ConnectionError, redis.exceptions.ResponseError):
            if condition():
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)
