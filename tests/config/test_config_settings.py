from pathlib import Path

import pytest

from newswatch.config.env_file import read_env_text
from newswatch.config.settings import Settings
from newswatch.errors import PermanentError

SECRETS = {
    "REDIS_URL": "rediss://user:hidden1@redis.example:6380/5",
    "SLACK_BOT_TOKEN": "xoxb-hidden2",
    "NEWSWATCH_OPS_WEBHOOK": "https://hook.example/hidden3",
    "BANK_LOGIN": "me:hidden4",
}


def test_nothing_set_gives_the_defaults(tmp_path):
    settings = Settings.from_env({}, tmp_path)
    assert settings == Settings(config_dir=tmp_path / "config")
    assert (settings.redis_url, settings.slack_token, settings.contact) == (None, None, None)
    assert settings.slack_base_url == "https://slack.com/api/"


def test_environment_goes_before_the_env_file(tmp_path):
    (tmp_path / ".env").write_text("REDIS_URL=redis://file.example\nNEWSWATCH_CONTACT='ops@bank.example'\n")
    settings = Settings.from_env({"REDIS_URL": "redis://shell.example"}, tmp_path)
    assert settings.redis_url == "redis://shell.example"
    assert settings.contact == "ops@bank.example"


def test_empty_value_counts_as_not_set(tmp_path):
    assert Settings.from_env({"REDIS_URL": "", "SLACK_BOT_TOKEN": "  "}, tmp_path).redis_url is None


def test_base_url_ends_with_a_slash(tmp_path):
    assert Settings.from_env(
        {"SLACK_BASE_URL": "http://127.0.0.1:8081/api"}, tmp_path
    ).slack_base_url.endswith("/api/")


def test_config_folder_may_be_absolute_or_below_the_root(tmp_path):
    assert Settings.from_env({"NEWSWATCH_CONFIG": "other"}, tmp_path).config_dir == tmp_path / "other"
    assert Settings.from_env({"NEWSWATCH_CONFIG": "/etc/newswatch"}, tmp_path).config_dir == Path(
        "/etc/newswatch"
    )


def test_repr_shows_no_secret(tmp_path):
    text = repr(Settings.from_env(SECRETS, tmp_path))
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis.hidden.example:6379"),
        ("REDIS_URL", "http://:hidden@redis.example"),
        ("REDIS_URL", "redis://:hidden@host:port"),
        ("SLACK_BASE_URL", "slack.hidden.example"),
        ("NEWSWATCH_OPS_WEBHOOK", "https:///hidden"),
        ("NEWSWATCH_OPS_WEBHOOK", "https://a.example/hidden x"),
    ],
)
def test_impossible_address_is_refused_by_name_without_its_text(tmp_path, name, value):
    with pytest.raises(PermanentError, match=name) as caught:
        Settings.from_env({name: value}, tmp_path)
    assert "hidden" not in str(caught.value)


def test_auth_is_found_as_written_and_in_capitals(tmp_path):
    settings = Settings.from_env({**SECRETS, "press_login": "Bearer abc"}, tmp_path)
    assert settings.resolve_auth("press_login") == "Bearer abc"
    assert (
        settings.resolve_auth("bank_login") == settings.resolve_auth("bank-login") == "Basic bWU6aGlkZGVuNA=="
    )


def test_auth_nobody_knows_is_none_and_airflow_is_asked_last(tmp_path):
    settings = Settings.from_env(SECRETS, tmp_path)
    assert settings.resolve_auth("other") is None
    assert settings.resolve_auth("other", {"other": "Bearer conn"}.get) == "Bearer conn"
    assert settings.resolve_auth("bank_login", {"bank_login": "Bearer conn"}.get).startswith("Basic ")


def test_auth_of_neither_form_is_refused_without_its_text(tmp_path):
    with pytest.raises(PermanentError, match="BANK_LOGIN must be user:password") as caught:
        Settings.from_env({"BANK_LOGIN": "hidden"}, tmp_path).resolve_auth("bank_login")
    assert "hidden" not in str(caught.value)


def test_unreadable_env_file_is_refused_by_name(tmp_path):
    (tmp_path / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(PermanentError, match=r"\.env cannot be read"):
        Settings.from_env({}, tmp_path)


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
    assert read_env_text(f"# first\n\n{line}\nnonsense\n") == {"A": value}
