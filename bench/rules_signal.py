"""How well the shipped rules catch what a desk wants: recall and precision over labelled headlines.

    python -m bench.rules_signal [--rules FILE] [--old FILE] [--json]
    python -m bench.rules_signal --why-missed sanctions
    python -m bench.rules_signal --hits sanctions --most 100 --seed 1

A family is all rules whose id begins with its prefix. It is measured over the labelled headlines of the
measuring data, where that lies beside the repository:

- `recall` and `recall_oos` are a wide net of names and verbs. Recall is the share of the wanted headlines
  that the family matches, precision the share of its matches that are wanted.
- `precision` holds hits of earlier rules. There, recall is the share of the wanted ones that still match.

Each share is k of n with the Wilson 95% interval. What readers could not decide is left out. For comparison the
table shows the rules of `--old FILE`, a search for one string, and an AND of words in any form.
Targets: .85 for recall and for precision in the net, .80 for the central bank, whose n is small.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from newswatch.config.checker import ExampleFinding
from newswatch.config.load import load_config
from newswatch.models import Match, Rule
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.rules import ItemText, Watchlist, compile_watchlist

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
NETS = ("recall", "recall_oos")
FILES = (*NETS, "precision")
WANTED, UNCLEAR = "wanted", "unclear"


@dataclass(frozen=True, slots=True)
class Family:
    """Rules of one kind. `words` and `substring` are what a person would search for without rules."""

    prefixes: tuple[str, ...]
    label: str
    substring: str
    words: str
    target: float = 0.85


_POWERS = "('US' OR 'EU' OR 'UK')"
FAMILIES = {
    "sanctions": Family(("sanctions",), "sanctions", "sanctions on", f"{_POWERS} AND sanctions"),
    "enforcement": Family(
        ("enforcement",),
        "enforcement-actions",
        "regulator fines",
        "(regulator OR prosecutors OR 'SEC' OR 'EU') AND (fine OR charge OR sue OR probe OR investigate)",
    ),
    "central-bank-against": Family(
        ("central-bank-against",),
        "central-bank-against",
        "central bank opposes",
        "(central bank OR 'Fed' OR 'ECB') AND (oppose OR reject OR against)",
        target=0.8,
    ),
    "bans": Family(("crypto-ban", "bans"), "crypto-ban", "bans crypto", "ban AND (crypto OR bitcoin)"),
    "crypto-legalisation": Family(
        ("crypto-legalisation",),
        "crypto-legalisation",
        "legalizes crypto",
        "legalize AND (crypto OR bitcoin)",
    ),
    "outages": Family(("outages",), "outages", "network outage", "outage AND (network OR exchange OR bank)"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A headline with its label."""

    file: str
    family: str
    label: str
    item: ItemText


@dataclass(frozen=True, slots=True)
class Result:
    """One way of searching, over one family's rows of one file."""

    family: str
    file: str
    search: str
    found: int
    wanted: int
    right: int
    hits: int


Search = Callable[[str, ItemText], bool]
"""Whether a search says that the item is of the family."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """The 95% interval of a share."""
    if not n:
        return 0.0, 1.0
    z, share = 1.96, k / n
    middle = share + z * z / (2 * n)
    width = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - width) / (1 + z * z / n)), min(1.0, (middle + width) / (1 + z * z / n))


class _NoExamples(RulesChecker):
    """Older rules may fail their examples. What they catch is measured all the same."""

    def check_examples(
        self, rule: Rule, lists: Mapping[str, Sequence[str]], lang: str
    ) -> list[ExampleFinding]:
        del rule, lists, lang
        return []


def read_rules(watchlist: Path) -> Watchlist:
    """The rules of a watchlist file, compiled. Exits with its errors."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("feeds.yaml", "receivers.yaml"):
            shutil.copy(ROOT / "config" / name, folder)
        shutil.copy(watchlist, Path(folder) / "watchlist.yaml")
        loaded = load_config(Path(folder), _NoExamples(), today=datetime.now(timezone.utc).date())
    if loaded.draft is None:
        sys.exit("\n".join(f"{watchlist}: {problem.message}" for problem in loaded.errors))
    return compile_watchlist(loaded.draft.rules, loaded.draft.lists, loaded.draft.default_lang)


def labelled() -> list[Row]:
    """Every headline with a label that counts."""
    names = {family.label: name for name, family in FAMILIES.items()}
    rows = []
    for file in FILES:
        for line in (DATA / "signal" / f"{file}.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            if row["rule"] in names and row["label"] != UNCLEAR:
                item = ItemText(title=row["text"], summary=row["summary"], lang="en")
                rows.append(Row(file, names[row["rule"]], row["label"], item))
    return rows


def of_family(matches: Sequence[Match], family: str) -> list[Match]:
    """The matches of a family's rules."""
    return [match for match in matches if match.rule_id.startswith(FAMILIES[family].prefixes)]


def by_rules(watchlist: Watchlist) -> Search:
    """The rules of a watchlist. Each item is matched once."""
    known: dict[ItemText, list[Match]] = {}

    def search(family: str, item: ItemText) -> bool:
        if item not in known:
            known[item] = watchlist.match(item)
        return bool(of_family(known[item], family))

    return search


def by_substring(family: str, item: ItemText) -> bool:
    """One string, in any case."""
    return FAMILIES[family].substring in f"{item.title}\n{item.summary}".lower()


def by_words() -> Search:
    """Words in any form, anywhere in the item."""
    rules = [Rule(family.prefixes[0], family.words) for family in FAMILIES.values()]
    return by_rules(compile_watchlist(rules, {}))


def measure(search: Search, name: str, rows: Sequence[Row]) -> Iterator[Result]:
    """The search over each family and file that has labels."""
    for family in FAMILIES:
        for file in FILES:
            own = [row for row in rows if row.family == family and row.file == file]
            hits = [row for row in own if search(family, row.item)]
            right = sum(row.label == WANTED for row in hits)
            if own:
                wanted = sum(row.label == WANTED for row in own)
                yield Result(family, file, name, right, wanted, right, len(hits))


def share(k: int, n: int) -> str:
    """`7/9 .78 [.45–.94]`."""
    low, high = wilson(k, n)
    return f"{k:3}/{n:<3} {k / n if n else float('nan'):4.2f} [{low:.2f}–{high:.2f}]"


def print_table(results: Sequence[Result]) -> None:
    print(f"{'family':21} {'file':11} {'search':10} {'recall':25} precision")
    for one in sorted(results, key=lambda each: (list(FAMILIES).index(each.family), FILES.index(each.file))):
        print(
            f"{one.family:21} {one.file:11} {one.search:10} {share(one.found, one.wanted):25} "
            f"{share(one.right, one.hits)}"
        )


def falls_short(results: Sequence[Result]) -> list[str]:
    """What the rules miss of the targets within the nets."""
    short = []
    for name, family in FAMILIES.items():
        own = [one for one in results if one.family == name and one.search == "rules" and one.file in NETS]
        for what, k, n in (
            ("recall", sum(one.found for one in own), sum(one.wanted for one in own)),
            ("precision", sum(one.right for one in own), sum(one.hits for one in own)),
        ):
            if own and k < family.target * n:
                short.append(f"{name}: {what} {share(k, n).strip()}, target {family.target}")
    return short


def matched_words(item: ItemText, matches: Sequence[Match]) -> str:
    """`sanctions: US … sanctions`, for each rule."""
    return "; ".join(
        f"{match.rule_id}: "
        + " … ".join(getattr(item, span.field)[span.start : span.end] for span in match.spans)
        for match in matches
    )


def why_missed(watchlist: Watchlist, family: str) -> None:
    """The wanted that the family misses, and its false hits."""
    for row in labelled():
        if row.family != family:
            continue
        matches = of_family(watchlist.match(row.item), family)
        if bool(matches) == (row.label == WANTED):
            continue
        text = f"{row.item.title} | {row.item.summary}" if row.item.summary else row.item.title
        verdict = f"false ({row.label})" if matches else "missed"
        print(f"{row.file:10} {verdict:20} {text}")
        if matches:
            print(f"{'':31} ← {matched_words(row.item, matches)}")


def sample_hits(watchlist: Watchlist, family: str, most: int, seed: int) -> None:
    """Hits of a family in the stream of headlines, drawn at random, for reading."""
    hits = []
    with gzip.open(DATA / "news" / "stream-14-days.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            item = ItemText(title=row["title"], summary=row["summary"], lang=row["lang"])
            matches = of_family(watchlist.match(item), family)
            if matches:
                hits.append((row["host"], item, matches))
    drawn = random.Random(seed).sample(hits, min(most, len(hits)))
    print(f"{len(hits)} hits in the stream, {len(drawn)} of them:")
    for host, item, matches in drawn:
        print(f"{item.title} | {item.summary[:160]} ({host})\n    ← {matched_words(item, matches)}")


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rules", type=Path, default=ROOT / "config" / "watchlist.yaml", metavar="FILE")
    options.add_argument("--old", type=Path, metavar="FILE", help="a watchlist to compare with")
    options.add_argument("--json", action="store_true")
    options.add_argument("--why-missed", choices=FAMILIES, metavar="FAMILY")
    options.add_argument("--hits", choices=FAMILIES, metavar="FAMILY")
    options.add_argument("--most", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    if not (DATA / "signal").is_dir():
        print(f"skipped: the labelled headlines are not in {DATA / 'signal'}")
        return 0
    watchlist = read_rules(chosen.rules)
    if chosen.why_missed:
        why_missed(watchlist, chosen.why_missed)
        return 0
    if chosen.hits:
        sample_hits(watchlist, chosen.hits, chosen.most, chosen.seed)
        return 0
    searches = {"rules": by_rules(watchlist)}
    if chosen.old:
        searches["old rules"] = by_rules(read_rules(chosen.old))
    searches |= {"substring": by_substring, "words": by_words()}
    rows = labelled()
    results = [one for name, search in searches.items() for one in measure(search, name, rows)]
    short = falls_short(results)
    if chosen.json:
        print(json.dumps({"results": [asdict(one) for one in results], "short_of_target": short}))
    else:
        print_table(results)
        print("\n".join(["", *(f"short of target: {one}" for one in short)]))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
