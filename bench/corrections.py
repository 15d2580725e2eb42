"""How well edits of headlines that change what is said are distinguished from cosmetic ones.

    python -m bench.corrections [--show] [--json] [--pairs FILE]

Over the labelled pairs of `corrections.tsv`, which were written for it, and those of FILE in the same form: revisions of
real headlines, for instance. An edit is right to be said if its label is `real`. Targets: precision ≥ .98
over at least 200 cosmetic pairs, recall ≥ .8 over at least 60 real ones.

With the measuring data beside the repository it also counts how many of its headlines' revisions would be said, and what
typing errors in its headlines would be said wrongly.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from newswatch.stories.rewording import is_reworded

PAIRS = Path(__file__).with_suffix(".tsv")
STREAM = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "news" / "stream-14-days.jsonl.gz"
TARGET_PRECISION, TARGET_RECALL = 0.98, 0.8
_FEWEST_TYPED = 4


class Pair(NamedTuple):
    """Two states of a headline, and whether the edit changes what it says."""

    real: bool
    before: str
    after: str


def labelled(path: Path = PAIRS) -> list[Pair]:
    """The labelled pairs of a file."""
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [Pair(label == "real", before, after) for label, before, after in rows]


def measured(pairs: list[Pair]) -> dict[str, float]:
    """Counts, precision and recall of what would be said."""
    said = [pair for pair in pairs if is_reworded(pair.before, pair.after)]
    right = sum(pair.real for pair in said)
    real = sum(pair.real for pair in pairs)
    return {
        "cosmetic": len(pairs) - real,
        "real": real,
        "said": len(said),
        "said_wrongly": len(said) - right,
        "precision": right / len(said) if said else 1.0,
        "recall": right / real if real else 1.0,
    }


def _headlines() -> list[tuple[str, str]]:
    """(link, title) of the measuring data, in the order in which they were seen."""
    with gzip.open(STREAM, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["link"], row["title"]) for row in rows if row["link"] and row["title"]]


def _revisions(rows: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    known: dict[str, str] = {}
    for link, title in rows:
        if link in known and known[link] != title:
            yield link, known[link], title
        known[link] = title


def _mistyped(title: str, chance: random.Random) -> str:
    """The title with one slip of the finger inside a word."""
    words = title.split()
    long = [n for n, word in enumerate(words) if word.isalpha() and len(word) >= _FEWEST_TYPED]
    if not long:
        return title
    number = chance.choice(long)
    word = words[number]
    at = chance.randrange(1, len(word) - 1)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    words[number] = chance.choice(slips)
    return " ".join(words)


def main() -> int:
    """Prints the figures. Returns 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="show the pairs that are judged wrongly")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--pairs", type=Path, metavar="FILE", help="more labelled pairs")
    asked = parser.parse_args()
    pairs = labelled() + (labelled(asked.pairs) if asked.pairs else [])
    figures: dict[str, float] = dict(measured(pairs))
    started = time.perf_counter()
    for pair in pairs:
        is_reworded(pair.before, pair.after)
    figures["us_a_pair"] = (time.perf_counter() - started) / len(pairs) * 1e6
    if STREAM.exists():
        rows = _headlines()
        found = list(_revisions(rows))
        figures["stream_revisions"] = len(found)
        figures["stream_said"] = sum(
            is_reworded(a, b, (urlsplit(link).hostname or "",)) for link, a, b in found
        )
        chance = random.Random(7)
        titles = [title for _, title in chance.sample(rows, min(len(rows), 3_000))]
        slips = sum(is_reworded(title, _mistyped(title, chance)) for title in titles)
        figures["typing_errors_said"] = slips / len(titles)
    if asked.show:
        for pair in pairs:
            if is_reworded(pair.before, pair.after) != pair.real:
                print(f"{'missed' if pair.real else 'said wrongly'}\n  {pair.before}\n  {pair.after}")
    if asked.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:20} {value:10.3f}")
    good = figures["precision"] >= TARGET_PRECISION and figures["recall"] >= TARGET_RECALL
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
