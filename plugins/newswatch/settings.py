"""Every variable that newswatch reads: its form, its default and what it is for, in one table.

A process builds its `Settings` once, when it starts, from the environment (the command line also from
`.env`). Nothing else reads the environment. Secrets never appear in `repr`, in errors or in logs.

`python -m newswatch.settings docs/settings.md` writes the reference; `--check` fails if it is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from newswatch import __version__
from newswatch import setting_forms as forms
from newswatch.errors import SettingsRefused
from newswatch.feed_secrets import VARIABLE_PREFIX
from newswatch.setting_forms import Address, Form

DAY_S = 86_400.0
SHORTEST_KEPT_S = 3_600.0
SHORTEST_ALERTS_KEPT_S = 3 * DAY_S
"""A queued message needs its alerts until it is sent. A digest is due within a day, a digest that falls due
in quiet hours waits for their end, up to a day more (25 h each when clocks change); the third day is for
an outage of Slack at that moment."""
SHORTEST_SHIFT_S = 1.0
LONGEST_SHIFT_S = 3_600.0
MOST_SHARDS = 256
LONGEST_KEPT_S = 3_650 * DAY_S
"""Redis allows more. To keep news for longer, copy it into an archive."""

NETWORK = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR")


ApplyConfig = Literal["auto", "yes", "no"]
"""Whether a machine may apply its copy of the configuration files."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. `shown` is its default as the reference shows it, "" for none."""

    name: str
    form: Form
    about: str
    shown: str
    secret: bool

    def fault(self, value: str) -> str:
        """What is wrong with a refused value. A secret is not shown."""
        given = "" if self.secret else f", not {value[:100]!r}"
        return f"{self.name} must be {self.form.allowed}{given}"


def _variable(
    name: str, form: Form, about: str, *, default: str = "", shown: str = "", secret: bool = False
) -> Any:
    """A field of Settings that is read from a variable. Without a default it is None if not set."""
    variable = Variable(name, form, about, default or shown, secret)
    value = form.read(default) if default else None
    return field(default=value, repr=not secret, metadata={"variable": variable})


def _kept(least_s: float, why: str) -> Form:
    return forms.length(least_s, LONGEST_KEPT_S, why)


# ── the table ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. What is not set and has no default is None.

    `feed_secrets` holds the variables that feeds may name, by variable. `network` holds the variables
    for proxies and certificate authorities that every program respects.
    """

    config_dir: Path = _variable(
        "NEWSWATCH_CONFIG",
        forms.PLACE,
        "The folder of feeds.yaml, watchlist.yaml and receivers.yaml. A relative one is below the folder "
        "where newswatch starts.",
        default="config",
    )
    apply_config: ApplyConfig = _variable(
        "NEWSWATCH_APPLY_CONFIG",
        forms.choice(*get_args(ApplyConfig)),
        "Whether the files in that folder may be applied. `auto`: if they are the copy that was applied first, "
        "or that copy has not been seen for 15 minutes; `yes`: always; `no`: never.",
        default="auto",
    )
    coverage_line: str = _variable(
        "NEWSWATCH_COVERAGE_LINE",
        forms.choice("on", "off"),
        "Whether ops gets a line each day that says which feeds could not be read and where items were missed.",
        default="off",
    )
    redis_url: str | None = _variable(
        "REDIS_URL",
        forms.REDIS,
        "Where Redis is: 7 or newer, append-only file on, `noeviction`. Under Airflow the connection "
        "`newswatch_redis` names it. `make run` starts a Redis of its own if this is not set.",
        secret=True,
    )
    slack_token: str | None = _variable(
        "SLACK_BOT_TOKEN",
        forms.token(),
        "The bot token of the Slack app (xoxb-…). Under Airflow it is in the connection `newswatch_slack`. "
        "`make run` starts a simulator if this is not set.",
        secret=True,
    )
    slack_base_url: str = _variable(
        "SLACK_BASE_URL",
        forms.BASE_URL,
        "The address of Slack's Web API.",
        default="https://slack.com/api/",
    )
    slack_app_token: str | None = _variable(
        "SLACK_APP_TOKEN",
        forms.token("xapp-"),
        "An app-level token with `connections:write`: `newswatch listen` receives clicks over Socket Mode.",
        secret=True,
    )
    slack_signing_secret: str | None = _variable(
        "SLACK_SIGNING_SECRET",
        forms.token(),
        "The Slack app's signing secret: `newswatch listen` receives clicks over signed HTTP.",
        secret=True,
    )
    listen: Address | None = _variable(
        "NEWSWATCH_LISTEN",
        forms.HOST_AND_PORT,
        "The address on which `newswatch listen` listens.",
        shown="127.0.0.1:8083",
    )
    pages: str | None = _variable(
        "NEWSWATCH_PAGES",
        forms.PAGE_ROOT,
        "Where readers open newswatch's pages, such as https://airflow.example.com/newswatch. Messages link to them.",
    )
    item_retention_s: float = _variable(
        "NEWSWATCH_ITEM_RETENTION",
        _kept(SHORTEST_KEPT_S, "stages may be down for as long"),
        "How long items are kept. Backtests and pages look back no further.",
        default="7d",
    )
    alert_retention_s: float = _variable(
        "NEWSWATCH_ALERT_RETENTION",
        _kept(SHORTEST_ALERTS_KEPT_S, "a digest after quiet hours may wait for two days"),
        "How long alerts, delivery records and dead letters are kept.",
        default="90d",
    )
    first_entries: int = _variable(
        "NEWSWATCH_FIRST_ENTRIES",
        forms.count(20_000),
        "How many entries a feed may have that are all read for the first time. Each may take 4 ms of processor time; "
        "this is spent at most once a day for a feed. Later polls read only what changed.",
        default="5000",
    )
    seen_retention_s: float = _variable(
        "NEWSWATCH_SEEN_RETENTION",
        _kept(SHORTEST_KEPT_S, "stages may be down for as long"),
        "How long entries are remembered after they have left their feed's document. One that returns "
        "later is new.",
        default="30d",
    )
    rule_cap: int = _variable(
        "NEWSWATCH_RULE_CAP",
        forms.count(1_000_000),
        "Messages of one rule to one channel within an hour. What exceeds them comes as digests.",
        default="60",
    )
    channel_cap: int = _variable(
        "NEWSWATCH_CHANNEL_CAP",
        forms.count(1_000_000),
        "Messages of all rules to one channel within an hour, at least NEWSWATCH_RULE_CAP. What exceeds them comes as "
        "digests, except alerts of severity high.",
        default="240",
    )
    slack_rate: int = _variable(
        "NEWSWATCH_SLACK_RATE",
        forms.count(10_000),
        "Messages a second over all channels. Slack allows a workspace several hundred a minute.",
        default="5",
    )
    slack_tier3: int = _variable(
        "NEWSWATCH_SLACK_TIER3",
        forms.count(100_000),
        "Requests a minute to each of Slack's methods for reading and editing messages. Slack allows about 50.",
        default="40",
    )
    poll_shards: int = _variable(
        "NEWSWATCH_POLL_SHARDS",
        forms.count(MOST_SHARDS),
        "How many tasks of `poll_feeds` share the feeds, by host. One is enough for 10,000 feeds. Each takes a task slot for good.",
        default="1",
    )
    shift_s: float = _variable(
        "NEWSWATCH_SHIFT",
        forms.length(SHORTEST_SHIFT_S, LONGEST_SHIFT_S, "each shift is a DAG run"),
        "How long one run of `poll_feeds`, `match_items`, `fetch_articles` and `deliver_alerts` works before the next takes over.",
        default="10m",
    )
    contact: str | None = _variable(
        "NEWSWATCH_CONTACT",
        forms.CONTACT,
        "An address or URL for the User-Agent, so that publishers can contact you. Some block pollers "
        "without one.",
    )
    cache: Path | None = _variable(
        "NEWSWATCH_CACHE",
        forms.PLACE,
        "The folder where checked and compiled watchlists, and an index over the stored items, are kept between runs. It "
        "may be lost at any time.",
        shown="newswatch in XDG_CACHE_HOME or ~/.cache",
    )
    ops_webhook: str | None = _variable(
        "NEWSWATCH_OPS_WEBHOOK",
        forms.WEB,
        'Where notices go if Slack or Redis cannot deliver them: a POST with `{"text", "cause"}`.',
        secret=True,
    )
    deadman_url: str | None = _variable(
        "NEWSWATCH_DEADMAN_URL",
        forms.WEB,
        "Requested each minute while newswatch is healthy and polls. The service behind it raises an alarm when the requests stop.",
        secret=True,
    )
    monitor_token: str | None = _variable(
        "NEWSWATCH_MONITOR_TOKEN",
        forms.LINE,
        "What monitors send as bearer token to /newswatch/api/health and /newswatch/metrics. Both refuse "
        "every request if it is not set.",
        secret=True,
    )
    feed_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    network: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def user_agent(self) -> str:
        """The User-Agent of requests, with the contact."""
        contact = f"; {self.contact}" if self.contact else ""
        return f"newswatch/{__version__} (news alerts{contact})"


VARIABLES: dict[str, Variable] = {
    one.name: one.metadata["variable"] for one in fields(Settings) if "variable" in one.metadata
}
"""The variables by the name of their field."""


# ── building ──────────────────────────────────────────────────────────────────────────────────────


def read_settings(environ: Mapping[str, str], root: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings in these variables, and what is wrong with every value that is refused.

    An empty value counts as not set. A refused value is replaced by the default; such settings are fit for reporting only.
    Relative folders are below `root`.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, variable in VARIABLES.items():
        given = environ.get(variable.name, "").strip()
        if not given:
            continue
        try:
            values[name] = variable.form.read(given)
        except ValueError:
            problems.append(variable.fault(given))
    values["config_dir"] = root / values.get("config_dir", Settings().config_dir)
    cache = values.get("cache") or _cache_of_user(environ)
    settings = Settings(
        **{**values, "cache": None if cache is None else root / cache},
        feed_secrets={
            name: value.strip()
            for name, value in environ.items()
            if name.startswith(VARIABLE_PREFIX) and value.strip()
        },
        network={
            name: value
            for name, value in environ.items()
            if value and (name in AUTHORITIES or name.lower() in NETWORK)
        },
    )
    return settings, tuple(problems)


def settings_from(environ: Mapping[str, str], root: Path) -> Settings:
    """The settings in these variables. Raises SettingsRefused with everything that is wrong."""
    settings, problems = read_settings(environ, root)
    if problems:
        raise SettingsRefused(problems)
    return settings


def _cache_of_user(environ: Mapping[str, str]) -> Path | None:
    """The usual folder (XDG Base Directory Specification); None for a user without a home."""
    home = environ.get("XDG_CACHE_HOME", "").strip()
    if not home and environ.get("HOME"):
        home = f"{environ['HOME']}/.cache"
    return Path(home) / "newswatch" if home else None


# ── the reference ─────────────────────────────────────────────────────────────────────────────────

_REFERENCE = """\
# Settings

<!-- Written by `make reference` from plugins/newswatch/settings.py. Do not edit. -->

Set these in `.env` or in the environment, which wins. An empty value counts as not set. Airflow's components
read their environment only: `make run` passes all of `.env` on to them, docker-compose only what
docker-compose.yml lists. Each process reads its settings once, when it starts. A task is a process; the api-server
reads them with each new connection to Redis.

A value that is not allowed stops every command, task and page before it does anything. The error names the
variable. `newswatch check` and `newswatch doctor` list all of them at once.

| variable | default | value | meaning |
|---|---|---|---|
{rows}

Values marked 🔒 are secret: they appear in no log, error, page or message.

## Secrets of feeds

`auth:` in `feeds.yaml` names a variable that begins with `NEWSWATCH_FEED_`, such as `NEWSWATCH_FEED_ECB`, or an
Airflow connection that begins with `newswatch_feed_`. No other variable and no other connection can be named,
so that people who edit feeds cannot send newswatch's own secrets to a server of theirs. `auth:
newswatch_feed_ecb` takes the variable `NEWSWATCH_FEED_ECB` if it is set, else the connection. Under docker-compose
use connections (Admin, Connections): it does not pass these variables on.

Values of `headers:`, `cookies:` and `user_agent:` may be such names too. Then the variable's value is sent as it is;
of a connection its password.

For `auth:` the variable's value is `user:password`, or a scheme and its credentials, such as `Bearer abc`. A connection holds
login and password, or `{{"bearer": "abc"}}` in its extra. The secret is sent to the origin of the feed's own
`url` only, and so are the feed's headers, cookies and user agent, secret or not (scheme, host and port; the step from http to https on one host counts as the same). A redirect to
another origin goes without it, and so does everything after that. Anyone who may edit feeds can use every feed's
secret: keep other secrets out of these names.

## Proxies and certificates

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (or in lower case) are respected for feeds, articles, Slack,
the ops webhook and the dead man's switch. The first of `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` and `SSL_CERT_DIR` that
is set names the certificate authorities for feeds and articles. For Slack and the webhooks OpenSSL itself reads
`SSL_CERT_FILE` and `SSL_CERT_DIR`, from the environment only.

## Elsewhere

The ports of `make run` (`AIRFLOW_PORT`, `SLACK_SIM_PORT`, `SITE_PORT`) and what only docker-compose reads are in
`.env.example`.
"""


def render_reference() -> str:
    """The text of docs/settings.md."""
    rows = []
    for variable in VARIABLES.values():
        default = f"`{variable.shown}`" if variable.shown else "none"
        mark = " 🔒" if variable.secret else ""
        rows.append(f"| `{variable.name}`{mark} | {default} | {variable.form.allowed} | {variable.about} |")
    return _REFERENCE.format(rows="\n".join(rows))


def main(arguments: Sequence[str]) -> int:
    """Write the reference, or with --check compare; 1 when it is out of date."""
    (path,) = [Path(argument) for argument in arguments if not argument.startswith("-")]
    if "--check" not in arguments:
        path.write_text(render_reference(), encoding="utf-8")
        return 0
    if path.is_file() and path.read_text(encoding="utf-8") == render_reference():
        return 0
    sys.stderr.write(f"{path} is out of date: run `make reference`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
