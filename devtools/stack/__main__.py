"""`python -m devtools.stack run|stop`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from devtools.process import ROOT
from devtools.stack import StackError
from devtools.stack.launch import RECORD, Launch, clean_up
from devtools.stack.processes import StackRecord
from devtools.stack.settings import read_settings
from newswatch.env_file import with_env_file
from newswatch.errors import NewswatchError


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0, or 1 with the reason on stderr if it failed."""
    options = _parser().parse_args(arguments)
    data = options.data.resolve()
    try:
        if options.what == "stop":
            return stop(data)
        environ = with_env_file(os.environ, ROOT)
        settings = read_settings(environ, ROOT, data, airflow=not options.without_airflow)
        return Launch(settings, environ, _say).run()
    except (StackError, NewswatchError) as error:
        print(f"newswatch: {error}", file=sys.stderr)
        return 1


def stop(data: Path, timeout_s: float = 60.0) -> int:
    """End the stack that uses `data`, or what is left of it."""
    record = StackRecord.load(data / RECORD)
    launcher = None if record is None else record.launcher.process()
    if launcher is not None:
        launcher.terminate()
        deadline = time.monotonic() + timeout_s
        while record is not None and record.launcher.process() is not None:
            if time.monotonic() > deadline:
                raise StackError(f"process {launcher.pid} did not end within {timeout_s:.0f} s")
            time.sleep(0.1)
    clean_up(data, _say)
    _say("nothing was running" if record is None else "stopped")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="devtools.stack", description="Run newswatch on this machine.")
    parser.add_argument("what", choices=("run", "stop"))
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="the folder that keeps all data")
    parser.add_argument(
        "--without-airflow", action="store_true", help="Redis, simulator and sample site only"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
