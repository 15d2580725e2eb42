"""The benchmarks, one after the other: `make bench`, or `make bench ARGS="rules_matcher signal"`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    """Run the scripts named (`rules_signal`, or just `signal`), or all; the worst exit status is ours."""
    scripts = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
    names = {path.stem: path for path in scripts}
    wanted = [next((name for name in names if name.endswith(f"_{each}")), each) for each in wanted]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        print(f"no benchmark is called {unknown[0]}; there are: {', '.join(names)}")
        return 2
    worst = 0
    for name in wanted or names:
        load = " ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"\n== {name}   (load average {load}, {os.cpu_count()} processors)", flush=True)
        started = time.monotonic()
        status = subprocess.run([sys.executable, str(names[name])], check=False).returncode
        print(
            f"-- {name}: {time.monotonic() - started:.0f} s" + (f", exit status {status}" if status else "")
        )
        worst = max(worst, status)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
