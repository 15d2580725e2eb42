"""How well lists are found on saved pages, in sitemaps and in JSON documents, and what it costs.

    python -m bench.sources [--half 0|1] [--only TEXT] [--json]

The saved documents are measuring data beside the repository; without them there is nothing to measure. An item is right
if its title (letters and digits) and its link are. Where the measuring data took a title from elsewhere than the page,
the link alone decides. Shares are averages over the pages, and k of n items.

Targets, on pages of mode `list`: found ≥ 95%, of what is reported right ≥ 97%, dates right ≥ 90%, false dates on undated
items ≤ 2%, pages with both shares ≥ .95 at least 85%. Front pages: 70% of the headlines. A changed page of 100 KB costs
at most 25 ms of processor time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import unescape
from pathlib import Path
from typing import Any

from newswatch.errors import ParseFailed
from newswatch.feeds import json_list, sitemap
from newswatch.feeds.pages.find import find_lists

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "pages"
_RUNS = 3
_NOT_FROM_PAGE = "not in link"

Row = tuple[str, str, str]
"""Title, link and day of an item; the day is "" for none."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one document. Dates are counted on items with the right link."""

    file: str
    kind: str
    mode: str
    wanted: int
    reported: int
    right: int
    dated: int
    dates_right: int
    undated: int
    false_dates: int
    shown: int
    """How many of the true items have their title in the document, as a text of its own."""
    shown_right: int
    cpu_ms: float
    kb: float

    @property
    def recall(self) -> float:
        """The share of the true items that are reported with the right title and link."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        """The share of the reported items that are true ones."""
        return self.right / self.reported if self.reported else 1.0


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--half", type=int, choices=(0, 1), help="only every second document")
    options.add_argument("--only", default="", help="only documents with this text in their name")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    if not DATA.is_dir():
        print(f"skipped: the measuring data is absent ({DATA})")
        return
    documents = json.loads((DATA / "manifest.json").read_text(encoding="utf-8"))
    if chosen.half is not None:
        documents = documents[chosen.half :: 2]
    results = [measured(document) for document in documents if chosen.only in document["file"]]
    if chosen.json:
        print(json.dumps([asdict(result) for result in results]))
        return
    for result in results:
        _print_one(result)
    _print_shares(results)


def measured(document: dict[str, Any], *, runs: int = _RUNS) -> Result:
    """One document of the manifest, read `runs` times and compared with its true items."""
    body = (DATA / document["file"]).read_bytes()
    began = time.process_time()
    for _ in range(runs):
        rows = _read(document["kind"], body, document["url"])
    cpu_ms = (time.process_time() - began) / runs * 1000
    truth = document["truth"]
    by_link = {one["link"] for one in truth if _NOT_FROM_PAGE in one.get("title_from", "")}
    wanted = {_name(one["title"] or "", one["link"] or "", by_link) for one in truth}
    found = {_name(title, link, by_link) for title, link, _ in rows}
    days = {_place(one["title"] or "", one["link"] or ""): one["date"] or "" for one in truth}
    pairs = [(days[place], day) for title, link, day in rows if (place := _place(title, link)) in days]
    texts = _texts_of(body) if document["kind"] == "json" else set()
    shown = {_squash(one["title"] or "") for one in truth} & texts
    titles = {_squash(title) for title, _, _ in rows}
    return Result(
        file=Path(document["file"]).name,
        kind=document["kind"],
        mode=document["mode"],
        wanted=len(wanted),
        reported=len(found),
        right=len(wanted & found),
        dated=sum(1 for true, _ in pairs if true),
        dates_right=sum(1 for true, day in pairs if true and day == true),
        undated=sum(1 for true, _ in pairs if not true),
        false_dates=sum(1 for true, day in pairs if day and not true),
        shown=len(shown),
        shown_right=len(shown & titles),
        cpu_ms=cpu_ms,
        kb=len(body) / 1000,
    )


def _read(kind: str, body: bytes, url: str) -> list[Row]:
    try:
        if kind == "html":
            items = find_lists(body, url=url, headers={}).news()
            return [(item.title, item.link, _day(item.published)) for item in items]
        if kind == "sitemap":
            entries = sitemap.parse(body, url=url, headers={}).feed.entries
        else:
            entries = json_list.parse(body, url=url, headers={}).entries
    except ParseFailed:
        return []
    return [(entry.title, entry.link, _day(entry.published or entry.updated)) for entry in entries]


def _texts_of(body: bytes) -> set[str]:
    """Every text of a JSON document."""
    found, nodes = set(), [json.loads(body)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, str):
            found.add(_squash(unescape(node)))
        elif isinstance(node, dict | list):
            nodes += node.values() if isinstance(node, dict) else node
    return found


def _day(moment: Any) -> str:
    return moment.date().isoformat() if moment else ""


def _name(title: str, link: str, by_link: set[str]) -> tuple[str, str]:
    return ("" if link in by_link else _squash(title)), link


def _place(title: str, link: str) -> str:
    return link or _squash(title)


def _squash(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _print_one(one: Result) -> None:
    good = one.recall >= 0.95 and one.precision >= 0.95
    print(
        f"{one.file:36} {one.mode:9} {one.right:4} of {one.wanted:4}  reported {one.reported:4}  dates {one.dates_right:4}"
        f" of {one.dated:4}  false {one.false_dates:3}  {one.kb:6.0f} KB {one.cpu_ms:6.1f} ms{'' if good else '  <'}"
    )


def _print_shares(results: Sequence[Result]) -> None:
    lists = [one for one in results if one.kind == "html" and one.mode == "list"]
    for kind in ("html", "sitemap", "json"):
        some = [one for one in results if one.kind == kind and one.mode == "list"]
        if some:
            _print_lists(kind, some)
    shown = [one for one in results if one.kind == "json"]
    if shown:
        print(
            f"json, titles that the document has: {_total(shown, 'shown_right', 'shown')}; the other true titles were put"
            " together from several fields, or written in other letters, by programs made for one site"
        )
    none = [one for one in results if one.mode == "none"]
    print(f"no list, none reported: {sum(1 for one in none if not one.reported)} of {len(none)}")
    for mode in ("frontpage", "subset", "nolink"):
        some = [one for one in results if one.mode == mode]
        if some:
            print(
                f"{mode}: {_mean(one.recall for one in some):.1%} of the items, {_total(some, 'right', 'wanted')}"
            )
    usual = [one.cpu_ms / one.kb * 100 for one in lists if 50 <= one.kb <= 200]
    if usual:
        print(
            f"processor time for 100 KB: median {statistics.median(usual):.1f} ms, highest {max(usual):.1f} ms"
        )


def _print_lists(kind: str, some: Sequence[Result]) -> None:
    good = sum(1 for one in some if one.recall >= 0.95 and one.precision >= 0.95)
    print(
        f"{kind}, {len(some)} lists: found {_mean(one.recall for one in some):.1%} ({_total(some, 'right', 'wanted')}),"
        f" right {_mean(one.precision for one in some):.1%} ({_total(some, 'right', 'reported')}),"
        f" both ≥ .95 on {good} of {len(some)}, dates {_total(some, 'dates_right', 'dated')},"
        f" false dates {_total(some, 'false_dates', 'undated')}"
    )


def _mean(values: Any) -> float:
    return statistics.fmean(values)


def _total(some: Sequence[Result], part: str, whole: str) -> str:
    return f"{sum(getattr(one, part) for one in some)} of {sum(getattr(one, whole) for one in some)}"


if __name__ == "__main__":
    main()
