"""How many items a second the matcher takes with 10 to 80,000 rules, compared with `re` and RE2's Set.

    python -m bench.rules_matcher [--items 3000] [--max-rules 80000] [--json]

Texts are synthetic: sentences over a vocabulary with Zipf's frequencies and English endings, 52 words of
title and summary, 700 of an article. Rules consist of words from such texts, so that they match now and
then: 55% are phrases of two or three words, 2% single words, 20% AND and OR, 8% NOT, 15% NEAR. The
regular expressions look for the same words without inflection, which is less work than the matcher does.

`items/s` is for all items, `unmatched/s` for those that no rule matches. The former includes the cost of
the matches and their spans, the latter is searching alone. Searching is also slightly cheaper for items
without a match, since fewer rules have an anchor in them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import re2

from newswatch.models import Rule
from newswatch.rules.matcher import ItemText, Watchlist, compile_watchlist

SIZES = (10, 100, 1_000, 10_000, 80_000)
TITLE_WORDS, SUMMARY_WORDS, ARTICLE_WORDS = 9, 43, 700
_SYLLABLES = [first + second for first in "bcdfghjklmnprstvwz" for second in "aeiou"]
_ENDINGS = ("", "", "", "s", "ed", "ing", "er", "ly", "ion", "ment")


class SyntheticNews:
    """Texts and rules over an invented vocabulary, the same for the same seed."""

    def __init__(self, seed: int = 7, words: int = 30_000) -> None:
        self._random = random.Random(seed)
        stems: dict[str, None] = {}
        while len(stems) < words:
            stems["".join(self._random.choices(_SYLLABLES, k=self._random.randint(1, 4)))] = None
        self._words = sorted(stems, key=len)
        self._rare = self._words[words // 10 :]
        self._cumulative: list[float] = []
        total = 0.0
        for rank in range(words):
            total += 1 / (rank + 3)
            self._cumulative.append(total)

    def text(self, words: int) -> str:
        """Sentences of twelve words."""
        drawn = self._random.choices(self._words, cum_weights=self._cumulative, k=words)
        ended = [word + self._random.choice(_ENDINGS) for word in drawn]
        return ". ".join(" ".join(ended[at : at + 12]).capitalize() for at in range(0, words, 12))

    def items(self, count: int) -> list[ItemText]:
        """Items of title and summary."""
        return [ItemText(self.text(TITLE_WORDS), self.text(SUMMARY_WORDS)) for _ in range(count)]

    def articles(self, count: int) -> list[ItemText]:
        """Items with an article of ten paragraphs as body."""
        return [
            ItemText(self.text(TITLE_WORDS), self.text(SUMMARY_WORDS), self._article()) for _ in range(count)
        ]

    def _article(self) -> str:
        return "\n\n".join(self.text(ARTICLE_WORDS // 10) for _ in range(10))

    def rules(self, count: int) -> list[Rule]:
        """Rules whose words occur in such texts."""
        return [Rule(f"rule-{number}", self._query()) for number in range(count)]

    def _query(self) -> str:
        words = re.findall(r"[a-z]+", self.text(6).lower())
        one, two, three = self._random.sample(self._rare, 3)
        phrase = " ".join(words[:2])
        kind = self._random.random()
        if kind < 0.55:
            return " ".join(words[: self._random.randint(2, 3)])
        if kind < 0.57:
            return one
        if kind < 0.67:
            return f"{phrase} AND ({one} OR {words[3]})"
        if kind < 0.77:
            return f"{phrase} OR {phrase} {one}"
        if kind < 0.85:
            return f"{phrase} AND NOT {words[3]}"
        return f"({phrase} OR {words[3]}) NEAR/6 ({one} OR {two} OR {three})"


def rate(work: Callable[[ItemText], object], items: Sequence[ItemText], budget_s: float = 5.0) -> float:
    """Items a second of CPU time, the best of several passes, since other programs slow some of them.

    The first pass fills the caches. A slow engine is stopped after about `budget_s` seconds.
    """
    began = time.process_time()
    best = 0.0
    while time.process_time() - began < budget_s:
        start = time.process_time()
        done = 0
        for item in items:
            work(item)
            done += 1
            if time.process_time() - began > budget_s and (best or done > 20):
                break
        best = max(best, done / max(time.process_time() - start, 1e-9))
    return best


def terms(rules: Sequence[Rule]) -> list[str]:
    """The first words of each rule, for the engines without AND, OR and NOT."""
    return [
        re.split(r" AND | OR | NEAR/6 ", rule.query.replace("(", "").replace(")", ""))[0] for rule in rules
    ]


def loop_of_re(rules: Sequence[Rule]) -> Callable[[ItemText], object]:
    compiled = [re.compile(rf"\b{re.escape(term)}\b", re.IGNORECASE) for term in terms(rules)]
    return lambda item: [n for n, one in enumerate(compiled) if one.search(f"{item.title}\n{item.summary}")]


def set_of_re2(rules: Sequence[Rule]) -> Callable[[ItemText], object]:
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = 4 << 30
    search = re2.Set.SearchSet(options)
    for term in terms(rules):
        search.Add(rf"\b{re2.escape(term)}\b")
    search.Compile()
    return lambda item: search.Match(f"{item.title}\n{item.summary}")


def memory_mb() -> float:
    """The peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(size: int, count: int) -> dict[str, float]:
    """One row of the table. Run it in a process of its own, so that the memory is that of this size only."""
    newsroom = SyntheticNews()
    items, articles, rules = newsroom.items(count), newsroom.articles(count // 8), newsroom.rules(size)
    before = memory_mb()
    start = time.process_time()
    watchlist = compile_watchlist(rules, {})
    watchlist.index("en")
    compiled = time.process_time() - start
    memory = memory_mb() - before
    unmatched = [item for item in items if not watchlist.match(item)]
    stored = watchlist.dumps()
    start = time.process_time()
    Watchlist.loads(stored).index("en")
    loaded = time.process_time() - start
    row = {
        "rules": size,
        "items/s": rate(watchlist.match, items),
        "unmatched/s": rate(watchlist.match, unmatched),
        "articles/s": rate(watchlist.match, articles),
        "matches/item": sum(len(watchlist.match(item)) for item in items[:500]) / min(500, count),
        "compile_s": compiled,
        "cached_s": loaded,
        "memory_mb": memory,
        "re_items/s": rate(loop_of_re(rules), items, 3) if size <= 10_000 else float("nan"),
    }
    row["re2_items/s"] = rate(set_of_re2(rules), items) if size <= 10_000 else float("nan")
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=3_000)
    parser.add_argument("--max-rules", type=int, default=SIZES[-1])
    parser.add_argument("--one", type=int, help="measure this number of rules and print JSON")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one, args.items)))
        return
    load = os.getloadavg()[0]
    rows = []
    for size in (size for size in SIZES if size <= args.max_rules):
        command = [
            sys.executable,
            "-m",
            "bench.rules_matcher",
            "--one",
            str(size),
            "--items",
            str(args.items),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        rows.append(json.loads(done.stdout))
    if args.json:
        print(json.dumps({"load_before": load, "load_after": os.getloadavg()[0], "rows": rows}))
        return
    print_table(rows)
    ratios = {name: rows[0][name] / rows[-1][name] for name in ("items/s", "unmatched/s")}
    print(
        f"\nwith {rows[-1]['rules']:,} rules an item costs {ratios['items/s']:.2f} × as much as with "
        f"{rows[0]['rules']}, at {rows[-1]['matches/item']:.1f} matches an item; an item without a match "
        f"{ratios['unmatched/s']:.2f} ×"
    )
    print(f"load average {load:.2f} before, {os.getloadavg()[0]:.2f} after; CPU time of one core")


def print_table(rows: Sequence[dict[str, float]]) -> None:
    names = list(rows[0])
    print("  ".join(f"{name:>12}" for name in names))
    for row in rows:
        cells = (
            f"{row[name]:,.2f}" if row[name] < 100 and name != "rules" else f"{row[name]:,.0f}"
            for name in names
        )
        print("  ".join(f"{cell:>12}" for cell in cells))


if __name__ == "__main__":
    main()
