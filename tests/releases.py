"""Other releases of newswatch beside this one: their code in a folder of its own, at work as a process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from newsroom import ROOT, Newsroom

BEFORE = "9da1053"
"""The last commit that stored no schema."""

_NEXT: dict[str, dict[str, str]] = {
    # file: what the release after this one has instead
    "store/schema.py": {"SCHEMA = 1\n": "SCHEMA = 2\n"},
    "store/codec.py": {
        'SCHEMA_VERSION = "1"': 'SCHEMA_VERSION = "2"',
        '"feed": item.feed_id,': '"source": item.feed_id, "mood": "calm",',
        'feed_id=data["feed"],\n        revision': 'feed_id=data.get("source") or data["feed"],\n        revision',
        '"title": alert.title,': '"headline": alert.title,',
        'title=data["title"],\n        excerpts': 'title=data.get("headline") or data["title"],\n        excerpts',
    },
    "store/lua/claim.lua": {"'v', '1'": "'v', '2'"},
    "store/lua/article.lua": {"'v', '1'": "'v', '2'"},
    "config/codec.py": {"SCHEMA_VERSION = 1\n": "SCHEMA_VERSION = 2\n"},
}


def release_before(folder: Path) -> Path:
    """The code of the release before schemas, from git's history; skips where there is none, as in an sdist."""
    archive = subprocess.run(
        ["git", "archive", "--format=zip", BEFORE, "plugins/newswatch"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        pytest.skip(f"the history has no commit {BEFORE}: {archive.stderr.decode().strip()}")
    with zipfile.ZipFile(BytesIO(archive.stdout)) as files:
        files.extractall(folder)
    return folder / "plugins"


def release_after(folder: Path) -> Path:
    """This code, changed as a later release may be: other fields, in all that it stores, which this one cannot read."""
    package = folder / "plugins" / "newswatch"
    shutil.copytree(ROOT / "plugins" / "newswatch", package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, changes in _NEXT.items():
        code = (package / name).read_text("utf-8")
        for old, new in changes.items():
            assert old in code, f"{name} has no {old!r} any more: say what the next release has instead"
            code = code.replace(old, new)
        (package / name).write_text(code, "utf-8")
    return folder / "plugins"


class Worker:
    """A process that works all stages with the code in this folder, in short shifts."""

    def __init__(self, room: Newsroom, name: str, code: Path, *, shift_s: float = 2.0) -> None:
        self._log = room.config.parent / f"{name}.jsonl"
        self._errors = room.config.parent / f"{name}.log"
        with self._log.open("w") as out, self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "release_worker.py"), str(shift_s)],
                env=room.environment(PYTHONPATH=str(code), NEWSWATCH_APPLY_CONFIG="yes"),
                cwd=room.config.parent,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
            )

    def shifts(self) -> list[dict[str, Any]]:
        """Its shifts that have ended, in order."""
        assert self.process.poll() in (None, 0), self._errors.read_text()
        return [json.loads(line) for line in self._log.read_text().splitlines() if line.endswith("}")]

    def done(self, what: str) -> int:
        """How much of `sent`, `alerts`, `new` and so on it has done in them."""
        return sum(shift["did"].get(what, 0) for shift in self.shifts())

    def outgrown(self) -> set[str]:
        """Its stages whose last shift ended because the data is a newer release's."""
        last = {one["stage"]: one["refused"] for one in self.shifts()}
        return {stage for stage, why in last.items() if "upgrade it here too" in why}

    def kill(self) -> None:
        """Ends it where it is."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> None:
        """Ends its shifts, as a worker that is stopped does."""
        if self.process.returncode is not None:
            return
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.close()
        assert self.process.wait(60) == 0, self._errors.read_text()
