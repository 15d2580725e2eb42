"""`python -m devtools.chaos`, or `make chaos`: exit 0 if no alert was lost and none was posted twice.

With `--no-reconciliation` newswatch never looks into the channel history, and there must be duplicates:
then exit 0 means that there were.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from devtools.chaos.run import Chaos, ChaosPlan, table


def main() -> int:
    """Carry out a plan and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m devtools.chaos", description=__doc__)
    for name in ("kills", "redis-kills", "freezes", "alerts", "channels"):
        attribute = name.replace("-", "_")
        parser.add_argument(f"--{name}", type=int, default=ChaosPlan.__dataclass_fields__[attribute].default)
    parser.add_argument("--pause-s", type=float, default=ChaosPlan.__dataclass_fields__["pause_s"].default)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--no-reconciliation", action="store_true")
    given = parser.parse_args()
    plan = ChaosPlan(
        seed=given.seed,
        kills=given.kills,
        redis_kills=given.redis_kills,
        freezes=given.freezes,
        alerts=given.alerts,
        channels=given.channels,
        pause_s=given.pause_s,
        reconcile=not given.no_reconciliation,
    )
    print(f"seed {plan.seed}: repeat with --seed {plan.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="newswatch-chaos-") as name, Chaos(Path(name), plan) as chaos:
        report = chaos.run(lambda line: print(line, flush=True))
        log = (Path(name) / "stages.log").read_text("utf-8", "replace")
    print(table(report))
    print(log[-3000:], file=sys.stderr)
    if plan.reconcile:
        print("nothing lost, nothing twice" if report.clean else "BROKEN: alerts were lost or posted twice")
        return 0 if report.clean else 1
    print("duplicates, as expected" if report.twice else "BROKEN: no duplicates, so this test proves nothing")
    return 0 if report.twice else 1


if __name__ == "__main__":
    raise SystemExit(main())
