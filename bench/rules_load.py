"""How many seconds from YAML files to a ready matcher, without and with a cache.

    python -m bench.rules_load [--rules 10000] [--json]

Each figure is from a process of its own, from the start of its imports: reading and checking the files as
`newswatch check` does, compiling, and building the search structure for English. The second process uses
the cache of the first one (NEWSWATCH_CACHE). For the third one, one of the files was edited.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BEGAN = time.perf_counter()


RULES_PER_FILE = 15_000
FEEDS = "feeds:\n- id: wire\n  url: https://wire.example/feed\n"
RECEIVERS = "receivers:\n- id: policy\n  channel: C0123456789\n"


def write_files(folder: Path, count: int) -> list[Path]:
    """Write a configuration with `count` rules. Returns the watchlist files."""
    from bench.rules_matcher import SyntheticNews  # noqa: PLC0415 - its imports must not be measured

    (folder / "watchlist.d").mkdir()
    (folder / "feeds.yaml").write_text(FEEDS)
    (folder / "receivers.yaml").write_text(RECEIVERS)
    (folder / "watchlist.yaml").write_text("rules: []\n")
    rules = SyntheticNews().rules(count)
    paths = []
    for at in range(0, count, RULES_PER_FILE):
        entries = (
            f"- id: {rule.id}\n  query: {rule.query}\n  severity: high\n  notify: [policy]\n"
            for rule in rules[at : at + RULES_PER_FILE]
        )
        path = folder / "watchlist.d" / f"{at:06}.yaml"
        path.write_text("rules:\n" + "".join(entries))
        paths.append(path)
    return paths


def load(folder: Path, cache_folder: Path) -> dict[str, float]:
    """Load the files once, in this process. Returns wall-clock seconds and megabytes."""
    import resource  # noqa: PLC0415
    from datetime import date  # noqa: PLC0415

    from newswatch.config.load import load_config  # noqa: PLC0415
    from newswatch.pipeline.base.compiled_rules import compiled  # noqa: PLC0415
    from newswatch.pipeline.base.disk_cache import DiskCache  # noqa: PLC0415
    from newswatch.pipeline.base.rules_checker import RulesChecker  # noqa: PLC0415

    imported = time.perf_counter()
    cache = DiskCache(cache_folder)
    draft = load_config(folder, RulesChecker(), today=date(2026, 1, 1), cache=cache).draft
    if draft is None:
        raise SystemExit("the configuration files have errors")
    checked = time.perf_counter()
    compiled(draft.rules, draft.lists, draft.default_lang, cache).index("en")
    ready = time.perf_counter()
    return {
        "rules": len(draft.rules),
        "import_s": imported - BEGAN,
        "check_s": checked - imported,
        "compile_s": ready - checked,
        "total_s": ready - BEGAN,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--one", type=Path, nargs=2, help="load this folder with this cache and print JSON")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(load(*args.one)))
        return
    rows = {}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "config"
        folder.mkdir()
        paths = write_files(folder, args.rules)
        for name in ("cold", "cached", "one file edited"):
            if name == "one file edited":
                with paths[-1].open("a") as file:
                    file.write("- id: one-more\n  query: one more\n  notify: [policy]\n")
            command = [sys.executable, "-m", "bench.rules_load", "--one", str(folder), f"{home}/cache"]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
            rows[name] = json.loads(done.stdout)
    if args.json:
        print(json.dumps(rows))
        return
    names = list(rows["cold"])
    print(f"{'':>16}  " + "  ".join(f"{name:>10}" for name in names))
    for title, row in rows.items():
        print(f"{title:>16}  " + "  ".join(f"{row[name]:>10,.2f}" for name in names))


if __name__ == "__main__":
    main()
