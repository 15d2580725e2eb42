from pathlib import Path

import pytest

from newswatch.env_file import read_env_text, with_env_file
from newswatch.errors import PermanentError, SettingsRefused
from newswatch.setting_forms import Address
from newswatch.settings import (
    VARIABLES,
    Settings,
    main,
    read_settings,
    render_reference,
    settings_from,
)

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "REDIS_URL": "rediss://user:hidden1@redis.example:6380/5",
    "SLACK_BOT_TOKEN": "xoxb-hidden2",
    "NEWSWATCH_OPS_WEBHOOK": "https://hook.example/hidden3",
    "NEWSWATCH_DEADMAN_URL": "https://ping.example/hidden4",
    "NEWSWATCH_FEED_BANK": "me:hidden5",
    "SLACK_APP_TOKEN": "xapp-hidden6",
    "SLACK_SIGNING_SECRET": "hidden7",
    "NEWSWATCH_MONITOR_TOKEN": "hidden8",
    "HTTPS_PROXY": "http://me:hidden9@proxy.example",
}
DAY_S = 86_400


def test_nothing_set_gives_the_defaults(tmp_path):
    settings = settings_from({}, tmp_path)
    assert settings == Settings(config_dir=tmp_path / "config")
    assert (settings.redis_url, settings.slack_token, settings.contact) == (None, None, None)
    assert settings.slack_base_url == "https://slack.com/api/"
    assert (settings.item_retention_s, settings.alert_retention_s) == (7 * DAY_S, 90 * DAY_S)
    assert (settings.seen_retention_s, settings.poll_shards) == (30 * DAY_S, 1)
    assert (settings.rule_cap, settings.slack_rate, settings.slack_tier3) == (60, 5, 40)


def test_environment_goes_before_the_env_file(tmp_path):
    (tmp_path / ".env").write_text("A=file\nB='the file'\n")
    assert with_env_file({"A": "shell"}, tmp_path) == {"A": "shell", "B": "the file"}


def test_absent_env_file_is_fine(tmp_path):
    assert with_env_file({"A": "shell"}, tmp_path) == {"A": "shell"}


def test_unreadable_env_file_is_refused_by_name(tmp_path):
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(PermanentError, match=r"\.env cannot be read"):
        with_env_file({}, tmp_path)


def test_env_line_of_another_form_is_refused_by_its_number_without_its_text():
    with pytest.raises(PermanentError, match=r"\.env:3: expected NAME=value") as caught:
        read_env_text("A=1\n\nhidden: 1\n")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b # note", "b"),
        ("A='b # c' # note", "b # c"),
        ('A="b c"', "b c"),
        ("A=b#c", "b#c"),
        ("A=", ""),
        ("A= # note", ""),
        ("A=x=y", "x=y"),
        ("A=$HOME", "$HOME"),
    ],
)
def test_env_line_is_read_as_shells_write_it(line, value):
    assert read_env_text(f"# first\n\n{line}\n") == {"A": value}


def test_empty_value_counts_as_not_set(tmp_path):
    empty = {variable.name: " " for variable in VARIABLES.values()}
    assert settings_from(empty, tmp_path) == settings_from({}, tmp_path)


def test_base_url_ends_with_one_slash(tmp_path):
    for given in ("http://127.0.0.1:8081/api", "http://127.0.0.1:8081/api/"):
        settings = settings_from({"SLACK_BASE_URL": given}, tmp_path)
        assert settings.slack_base_url == "http://127.0.0.1:8081/api/"


def test_folders_may_be_absolute_or_below_the_root(tmp_path):
    relative = settings_from({"NEWSWATCH_CONFIG": "other", "NEWSWATCH_CACHE": "kept"}, tmp_path)
    assert (relative.config_dir, relative.cache) == (tmp_path / "other", tmp_path / "kept")
    absolute = settings_from({"NEWSWATCH_CONFIG": "/etc/newswatch", "NEWSWATCH_CACHE": "/c"}, tmp_path)
    assert (absolute.config_dir, absolute.cache) == (Path("/etc/newswatch"), Path("/c"))


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"NEWSWATCH_CACHE": "/a/b", "XDG_CACHE_HOME": "/c", "HOME": "/d"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/c", "HOME": "/d"}, "/c/newswatch"),
        ({"HOME": "/d"}, "/d/.cache/newswatch"),
        ({}, None),
    ],
)
def test_cache_is_where_the_environment_says(environ, folder, tmp_path):
    assert settings_from(environ, tmp_path).cache == (Path(folder) if folder else None)


def test_values_are_typed(tmp_path):
    given = {
        "NEWSWATCH_ITEM_RETENTION": "1.5h",
        "NEWSWATCH_ALERT_RETENTION": "3d",
        "NEWSWATCH_RULE_CAP": "5",
        "NEWSWATCH_POLL_SHARDS": "4",
        "NEWSWATCH_LISTEN": "[::1]:0",
        "NEWSWATCH_CONTACT": " ops \t @bank.example ",
    }
    settings = settings_from(given, tmp_path)
    assert (settings.item_retention_s, settings.alert_retention_s) == (5_400, 3 * DAY_S)
    assert (settings.rule_cap, settings.poll_shards) == (5, 4)
    assert settings.listen == Address("::1", 0)
    assert settings.user_agent.endswith("(news alerts; ops @bank.example)")


def test_repr_shows_no_secret(tmp_path):
    assert "hidden" not in repr(settings_from(SECRETS, tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis.hidden.example:6379"),
        ("REDIS_URL", "http://:hidden@redis.example"),
        ("REDIS_URL", "redis://:hidden@host:port"),
        ("SLACK_BOT_TOKEN", "xoxb-hidden and more"),
        ("SLACK_APP_TOKEN", "xoxb-hidden"),
        ("SLACK_SIGNING_SECRET", "hiddené"),
        ("NEWSWATCH_MONITOR_TOKEN", "hidden\nX: 1"),
        ("NEWSWATCH_OPS_WEBHOOK", "https:///hidden"),
        ("NEWSWATCH_OPS_WEBHOOK", "https://a.example/hidden x"),
        ("NEWSWATCH_DEADMAN_URL", "ftp://a.example/hidden"),
    ],
)
def test_bad_secret_is_refused_by_name_without_its_text(tmp_path, name, value):
    with pytest.raises(SettingsRefused, match=f"{name} must be an? ") as caught:
        settings_from({name: value}, tmp_path)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BASE_URL", "slack.example"),
        ("NEWSWATCH_CONFIG", "~nobody-of-this-name/config"),
        ("NEWSWATCH_LISTEN", "8083"),
        ("NEWSWATCH_LISTEN", ":8083"),
        ("NEWSWATCH_LISTEN", "localhost:70000"),
        ("NEWSWATCH_ITEM_RETENTION", "banana"),
        ("NEWSWATCH_ITEM_RETENTION", "30m"),
        ("NEWSWATCH_ITEM_RETENTION", "99999d"),
        ("NEWSWATCH_ALERT_RETENTION", "90 days"),
        ("NEWSWATCH_ALERT_RETENTION", "2d"),
        ("NEWSWATCH_SEEN_RETENTION", "-30d"),
        ("NEWSWATCH_RULE_CAP", "-3"),
        ("NEWSWATCH_RULE_CAP", "0"),
        ("NEWSWATCH_RULE_CAP", "٣"),
        ("NEWSWATCH_SLACK_RATE", "fast"),
        ("NEWSWATCH_POLL_SHARDS", "1.5"),
        ("NEWSWATCH_POLL_SHARDS", "257"),
        ("NEWSWATCH_POLL_SHARDS", "0"),
        ("NEWSWATCH_CONTACT", "a\x00b"),
    ],
)
def test_bad_value_is_refused_with_its_text_and_what_is_allowed(tmp_path, name, value):
    with pytest.raises(SettingsRefused) as caught:
        settings_from({name: value}, tmp_path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name} must be ")
    assert problem.endswith(f", not {value!r}")


def test_all_bad_values_are_found_at_once_and_have_their_defaults_for_reports(tmp_path):
    given = {"NEWSWATCH_RULE_CAP": "x", "NEWSWATCH_SLACK_RATE": "7", "NEWSWATCH_ITEM_RETENTION": "y"}
    settings, problems = read_settings(given, tmp_path)
    assert [problem.split()[0] for problem in problems] == ["NEWSWATCH_ITEM_RETENTION", "NEWSWATCH_RULE_CAP"]
    assert (settings.rule_cap, settings.slack_rate, settings.item_retention_s) == (60, 7, 7 * DAY_S)


def test_only_secrets_of_feeds_and_what_the_network_needs_are_carried_along(tmp_path):
    given = {**SECRETS, "DATABASE_PASSWORD": "hidden", "no_proxy": "a.example", "SSL_CERT_FILE": "/ca.pem"}
    settings = settings_from(given, tmp_path)
    assert settings.feed_secrets == {"NEWSWATCH_FEED_BANK": "me:hidden5"}
    assert set(settings.network) == {"HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE"}


def test_reference_is_up_to_date_and_names_every_variable():
    text = (ROOT / "docs" / "settings.md").read_text()
    assert text == render_reference()
    assert all(f"`{variable.name}`" in text for variable in VARIABLES.values())


def test_outdated_reference_is_reported(tmp_path, capsys):
    path = tmp_path / "settings.md"
    assert main([str(path), "--check"]) == 1
    assert "out of date" in capsys.readouterr().err
    assert main([str(path)]) == 0
    assert main([str(path), "--check"]) == 0


def test_example_of_the_env_file_names_every_variable_with_a_value_that_is_fine(tmp_path):
    text = (ROOT / ".env.example").read_text()
    shown = read_env_text(
        "\n".join(
            line.removeprefix("#")
            for line in text.splitlines()
            if "=" in line[:40] and not line.startswith("# ")
        )
    )
    assert {variable.name for variable in VARIABLES.values()} <= set(shown)
    settings_from(shown, tmp_path)
