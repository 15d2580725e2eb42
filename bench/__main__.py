"""The benchmarks, one after the other: `make bench`, or some: `make bench ARGS="rules_matcher signal"`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent


def main(wanted: list[str]) -> int:
    """Run the benchmarks named (`rules_signal`, or just `signal`), or all. Returns the highest exit status."""
    names = sorted(path.stem for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
    wanted = [next((name for name in names if name.endswith(f"_{each}")), each) for each in wanted]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        print(f"there is no benchmark {unknown[0]}; the benchmarks are: {', '.join(names)}")
        return 2
    worst = 0
    for name in wanted or names:
        print(f"\n== {name}", flush=True)
        started = time.monotonic()
        command = [sys.executable, "-m", f"bench.{name}"]
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(
            f"-- {name}: {time.monotonic() - started:.0f} s" + (f", exit status {status}" if status else "")
        )
        worst = max(worst, status)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
