"""The compose stack of the drill: a project of its own, with made-up secrets and free ports."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from devtools.process import ROOT
from devtools.redis_server import free_port

if TYPE_CHECKING:
    from typing_extensions import Self

PROJECT = "newswatch-drill"
FILES = ("docker-compose.yml", "docker-compose.sim.yml", "devtools/drill/docker-compose.drill.yml")
IMAGES = ("NEWSWATCH_IMAGE", "POSTGRES_IMAGE", "REDIS_IMAGE", "BASE_IMAGE")
SENTINEL = {
    "NEWSWATCH_REDIS_SCHEME": "redis+sentinel",
    "NEWSWATCH_REDIS_SERVERS": "newswatch-sentinel:26379",
    "NEWSWATCH_REDIS_DATABASE": "newswatch-primary/0",
}
"""The settings of .env for the profile sentinel."""
_CALL_TIMEOUT_S = 900.0


def compose_program() -> list[str]:
    """How compose is called here. Raises SystemExit if Docker or compose is missing."""
    for program in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(program[0]) and _ends_well([*program, "version"]) and _ends_well(["docker", "info"]):
            return program
    raise SystemExit("the drill needs a Docker engine that runs, and docker compose or docker-compose")


def _ends_well(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False, capture_output=True, timeout=60).returncode == 0


class Stack:
    """The stack, up within the block and removed with its volumes after it. `folder` keeps its settings.

    Images are those of docker-compose.yml, unless the environment names others (`IMAGES`). `sentinel` adds a replica of newswatch's
    Redis and three Sentinels. It begins as the commit `release` was, if one is named, and `replace` brings this release. The
    containers' output, tasks included, goes to `logs` in the end, if that is given.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: int,
        feeds: int,
        rules: int,
        every: str = "1m",
        sentinel: bool = False,
        release: str = "",
        logs: Path | None = None,
    ) -> None:
        self._logs = logs
        self.sentinel = sentinel
        self.slack_port, self.site_port = free_port(), free_port()
        settings = {
            "SLACK_BOT_TOKEN": "xoxb-drill",
            "AIRFLOW_ADMIN_PASSWORD": secrets.token_hex(8),
            "AIRFLOW_JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            **{
                name: secrets.token_hex(8)
                for name in ("POSTGRES_PASSWORD", "NEWSWATCH_REDIS_PASSWORD", "BROKER_PASSWORD")
            },
            "AIRFLOW_PORT": str(free_port()),
            "SLACK_SIM_PORT": str(self.slack_port),
            "NEWS_SITE_PORT": str(self.site_port),
            "NEWSWATCH_POLL_SHARDS": str(2 * workers),
            # Beyond them, alerts come as digests.
            "NEWSWATCH_RULE_CAP": "100000",
            "NEWSWATCH_CHANNEL_CAP": "100000",
            "DRILL_FEEDS": str(feeds),
            "DRILL_RULES": str(rules),
            "DRILL_EVERY": every,
        }
        if sentinel:
            settings |= SENTINEL
        image = os.environ.get("NEWSWATCH_IMAGE", "newswatch:local")
        settings["DRILL_TOOLS_IMAGE"] = image
        # Nothing else of this shell reaches the stack: it may have a token of the real Slack.
        kept = {name: text for name, text in os.environ.items() if name.startswith("DOCKER_")}
        kept |= {name: os.environ[name] for name in ("PATH", "HOME", *IMAGES) if name in os.environ}
        self._environ = kept
        self._image = image
        self._files = ROOT
        if release:
            self._begin_with(release, folder)
        self.settings = folder / "drill.env"
        self.settings.write_text(
            "".join(f"{name}={text}\n" for name, text in settings.items()), encoding="utf-8"
        )
        self.settings.chmod(0o600)
        self._program = compose_program()
        self.scales = ["--scale", f"airflow-worker={workers}"]

    def _begin_with(self, release: str, folder: Path) -> None:
        """Build the image of a commit, and start with it and with its compose files."""
        self._files = folder / "release"
        self._run(["git", "archive", "--format=tar", "--output", str(folder / "release.tar"), release])
        shutil.unpack_archive(folder / "release.tar", self._files)
        self._environ["NEWSWATCH_IMAGE"] = f"{PROJECT}:{release}"
        base = self._environ.get("BASE_IMAGE")
        build = ["--build-arg", f"BASE_IMAGE={base}"] if base else []
        self.docker("build", "--network", "host", "--tag", f"{PROJECT}:{release}", *build, str(self._files))

    def compose(self, *arguments: str) -> str:
        """One command of compose. Raises RuntimeError with its output."""
        places = [*(self._files / name for name in FILES[:-1]), ROOT / FILES[-1]]
        files = [word for place in places for word in ("--file", str(place))]
        own = ["--project-name", PROJECT, "--project-directory", str(ROOT)]
        own += ["--env-file", str(self.settings), *files]
        own += ["--profile", "sentinel"] if self.sentinel else []
        return self._run([*self._program, *own, *arguments])

    def docker(self, *arguments: str) -> str:
        """One command of docker. Raises RuntimeError with its output."""
        return self._run(["docker", *arguments])

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environ,
            check=False,
            capture_output=True,
            text=True,
            timeout=_CALL_TIMEOUT_S,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def up(self) -> None:
        """Start everything. An image that NEWSWATCH_IMAGE does not name is built first."""
        if "NEWSWATCH_IMAGE" not in self._environ:
            self.compose("build")
        self.compose("up", "--detach", *self.scales)

    def replace(self, service: str, container: str) -> None:
        """Stop a container, and start another in its place with this release's image. The others go on."""
        self._environ["NEWSWATCH_IMAGE"], self._files = self._image, ROOT
        before = set(self.containers(service))
        self.docker("stop", container)
        self.docker("rm", container)
        self.compose("up", "--detach", "--no-deps", "--no-recreate", *self.scales, service)
        for made in set(self.containers(service)) - before | {container} & set(self.containers(service)):
            self.wait_healthy(made)

    def containers(self, service: str) -> list[str]:
        """The names of the containers of a service, running or not."""
        labels = {"project": PROJECT, "service": service}
        filters = [
            word
            for name, text in labels.items()
            for word in ("--filter", f"label=com.docker.compose.{name}={text}")
        ]
        return sorted(self.docker("ps", "--all", *filters, "--format", "{{.Names}}").split())

    def busiest(self, service: str) -> str:
        """Its container with the most tasks, or simply the first."""
        return max(self.containers(service), key=self._tasks)

    def _tasks(self, container: str) -> int:
        try:
            return self.docker("top", container).count("airflow supervisor")
        except RuntimeError:
            return -1  # it does not run

    def is_healthy(self, container: str) -> bool:
        """Whether the container's own health check succeeds right now."""
        found: dict[str, Any] = json.loads(self.docker("inspect", container))[0]["Config"]["Healthcheck"]
        kind, *words = found["Test"]
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        try:
            self.docker("exec", container, *command)
        except RuntimeError:
            return False
        return True

    def wait_healthy(self, container: str, timeout_s: float = 600.0) -> None:
        """Wait until its health check succeeds. Raises RuntimeError if it does not."""
        deadline = time.monotonic() + timeout_s
        while not self.is_healthy(container):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{container} is not healthy within {timeout_s:.0f} s")
            time.sleep(0.3)

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._logs is not None:
            self._logs.write_text(self.compose("logs", "--timestamps", "--no-color"), encoding="utf-8")
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
