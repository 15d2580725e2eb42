"""What all commands share: `--config`, `--json`, the settings, and how errors end them."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import click
import uvloop

from newswatch.assembly import Ends, ends_from, services_to
from newswatch.cli.output import PROBLEM
from newswatch.cli.output import as_json as print_json
from newswatch.config.shown_names import is_laid_over
from newswatch.connections import Connections, NoConnections, connections_of
from newswatch.env_file import with_env_file, with_running_stack
from newswatch.errors import NewswatchError, SettingsRefused
from newswatch.pipeline.base.disk_cache import DiskCache
from newswatch.pipeline.base.services import Services
from newswatch.settings import Settings, read_settings
from newswatch.store.client import answered
from newswatch.store.server import check_server

Result = TypeVar("Result")

_CONFIG, _JSON = "newswatch.config", "newswatch.json"
_ENDS = ("REDIS_URL", "SLACK_BOT_TOKEN")
_OF_STACK = "of the running `make run`"


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the command line."""

    settings: Settings
    json: bool
    bad_settings: tuple[str, ...] = ()
    """Problems of the settings. Always empty, except for commands that report them themselves."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where the variables that name Redis and Slack come from, if they are set."""
    connections: Connections = field(default_factory=NoConnections)
    """What names Redis and Slack where the settings do not."""

    @property
    def simulated(self) -> bool:
        """Whether the Slack token is that of the simulator of a running `make run`."""
        return self.origins.get("SLACK_BOT_TOKEN", "").endswith(_OF_STACK)

    @property
    def cache(self) -> DiskCache:
        """Results that earlier processes kept on disk."""
        return DiskCache(self.settings.cache)

    def ends(self, *, slack: bool) -> Ends:
        """Redis and, if asked for, Slack. Raises PermanentError if nothing names a Redis."""
        return ends_from(self.settings, self.connections, slack=slack, origins=self.origins)

    def run(
        self, work: Callable[[Services], Awaitable[Result]], *, checked: bool = True, slack: bool = False
    ) -> Result:
        """Run asynchronous work with services.

        `checked`: first check that newswatch can use this Redis. Raises RedisUnavailable or RedisRefused if it cannot.
        `slack`: whether the work sends to Slack. Otherwise nothing looks for a token.
        """
        ends = self.ends(slack=slack)

        async def inside() -> Result:
            async with AsyncExitStack() as stack:
                services = services_to(self.settings, ends, self.connections)
                await answered(stack.enter_async_context(services))
                if checked:
                    await answered(check_server(services.redis))
                return await work(services)

        return uvloop.run(inside())


def common_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--config` and `--json`, which may come before or after the name of a command."""
    config = click.option(
        "--config",
        "config_dir",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Folder of feeds.yaml, watchlist.yaml and receivers.yaml. Default: NEWSWATCH_CONFIG or config/.",
    )
    return config(click.option("--json", "as_json_", is_flag=True, help="Print JSON for machines.")(function))


def remember(config_dir: Path | None, *, as_json: bool) -> None:
    """Keep the options given at this level for the commands below it."""
    given = click.get_current_context().meta
    given[_CONFIG] = config_dir or given.get(_CONFIG)
    given[_JSON] = as_json or given.get(_JSON, False)


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options, and an Invocation as its first argument.

    Bad settings and errors raised on purpose end it with 1 and one clear text. A traceback is a defect of ours.
    """
    return _command(function, reports_bad_settings=False)


def examination(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command that reports bad settings itself, among other findings."""
    return _command(function, reports_bad_settings=True)


def _command(function: Callable[..., Any], *, reports_bad_settings: bool) -> Callable[..., Any]:

    @common_options
    @functools.wraps(function)
    def wrapped(*, config_dir: Path | None, as_json_: bool, **arguments: Any) -> Any:
        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        remember(config_dir, as_json=as_json_)
        given = click.get_current_context().meta
        try:
            invocation = _invocation(given[_CONFIG], as_json=given[_JSON])
            if invocation.bad_settings and not reports_bad_settings:
                raise SettingsRefused(invocation.bad_settings)
            return function(invocation, **arguments)
        except NewswatchError as error:
            return fail(str(error), as_json=given[_JSON])

    return wrapped


def _invocation(config_dir: Path | None, *, as_json: bool) -> Invocation:
    folder = Path.cwd()
    # The only place where the process reads its environment.
    own = with_env_file(os.environ, folder)  # noqa: TID251
    environ = with_running_stack(own, folder)
    settings, bad = read_settings(environ, folder)
    if config_dir is not None:
        settings = replace(settings, config_dir=config_dir)
    if not own.get("REDIS_URL"):
        settings = replace(settings, config_dir=_applied(settings.config_dir, folder))
    process = os.environ  # noqa: TID251 - only to say whether a value comes from .env
    origins = {name: _origin(name, process, own) for name in _ENDS if environ.get(name)}
    return Invocation(settings, as_json, bad, origins, connections_of(environ))


def _applied(config_dir: Path, folder: Path) -> Path:
    """The folder that a running `make run` applies, if it was laid over this one: with the sample feeds."""
    overlay = with_running_stack({}, folder).get("NEWSWATCH_CONFIG")
    return Path(overlay) if overlay and is_laid_over(Path(overlay), config_dir, folder) else config_dir


def _origin(name: str, process: Mapping[str, str], own: Mapping[str, str]) -> str:
    if process.get(name):
        return name
    return f"{name} in .env" if own.get(name) else f"{name} {_OF_STACK}"


def fail(text: str, *, as_json: bool) -> None:
    """Report what is wrong and exit with 1."""
    if as_json:
        print_json({"error": text})
    else:
        click.echo(text, err=True)
    raise SystemExit(PROBLEM)
