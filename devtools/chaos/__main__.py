"""`python -m devtools.chaos`, or `make chaos`: exit 0 when nothing was lost and nothing came twice.

With `--no-reconciliation` the same loop runs without looking into history, and must show duplicates:
exit 0 then means that it did.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from devtools.chaos.run import Chaos, ChaosPlan, table


def main() -> int:
    """Draw a plan, carry it out, print the figures."""
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
        print("nothing lost, nothing twice" if report.clean else "BROKEN: alerts were lost or came twice")
        return 0 if report.clean else 1
    print("as it should be: duplicates" if report.twice else "BROKEN: no duplicate, so this proves nothing")
    return 0 if report.twice else 1


if __name__ == "__main__":
    raise SystemExit(main())
