"""Saved pages as living ones: items added, edited, moved, and the whole page redesigned or replaced."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import html

from newswatch.feeds.links import absolute_link

_NOT_ALNUM = re.compile(r"[\W_]+")
ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT.parent / "shared" / "data" / "pages"
FORMS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y", "%d-%m-%Y", "%d %B %Y", "%B %d, %Y", "%B %d %Y",
    "%d %b %Y", "%b %d, %Y", "%b. %d, %Y", "%d. %B %Y", "%d.%m.%y",
)  # fmt: skip
"""Forms of dates that a page's rows may have, also without leading zeros."""

WHO = (
    "Central bank",
    "Regulator",
    "Finance ministry",
    "Parliament",
    "Supreme court",
    "Port authority",
    "Statistics office",
)
DOES = (
    "opposes",
    "publishes rules for",
    "opens a consultation on",
    "withdraws",
    "delays",
    "approves",
    "reviews",
)
WHAT = (
    "mining of digital coins", "fees of card payments", "the bridge over the river", "pension reform", "a tax on sugar", "wheat exports",
    "licences for taxis", "rents in the capital", "night trains", "offshore wind farms", "school meals", "the fishing quota",
)  # fmt: skip


def _forms(day: datetime) -> list[str]:
    texts = [day.strftime(form) for form in FORMS]
    return texts + [day.strftime(form.replace("%d", "%-d").replace("%m", "%-m")) for form in FORMS]


@dataclass
class SavedPage:
    """A saved list page whose rows are elements beside each other. `instead` is shown instead of it."""

    name: str
    url: str
    root: Any
    rows: list[Any]
    links: list[str]
    first_day: datetime | None
    titles: list[str]
    template: Any
    """The first row as it was: new ones are made from it."""
    template_link: str
    template_title: str
    count: int = 0
    instead: str = ""

    def add(self, now: datetime) -> str:
        """A new item on top; the last one goes to the next page. Returns its title."""
        self.count += 1
        title = f"{WHO[self.count % len(WHO)]} {DOES[self.count // len(WHO) % len(DOES)]} {WHAT[self.count * 7 % len(WHAT)]}"
        row = deepcopy(self.template)
        link = f"{self.url.partition('#')[0].partition('?')[0].rstrip('/')}/new-item-{self.count}"
        anchors = [one for one in row.iter("a") if self._target(one) == self.template_link]
        for anchor in anchors:
            anchor.set("href", link)
            anchor.attrib.pop("title", None)
        holder = next((one for one in anchors if _titled(one, self.template_title) is not None), row)
        self._retitle(holder, self.template_title, title)
        if self.first_day:
            self._redate(row, now)
        self.rows[0].addprevious(row)
        gone = self.rows.pop()
        gone.getparent().remove(gone)
        self.links.pop()
        self.titles.pop()
        self.rows.insert(0, row)
        self.links.insert(0, link)
        self.titles.insert(0, title)
        return title

    def edit(self, place: int) -> None:
        """Another headline for an item."""
        before = self.titles[place]
        self.titles[place] = f"{before} (updated)"
        self._retitle(self.rows[place], before, self.titles[place])

    def swap(self, one: int, other: int) -> None:
        """Two items change places."""
        first, second = self.rows[one], self.rows[other]
        holder = html.Element("span")
        first.addprevious(holder)
        second.addprevious(first)
        holder.addprevious(second)
        holder.getparent().remove(holder)
        for values in (self.rows, self.links, self.titles):
            values[one], values[other] = values[other], values[one]

    def pin(self, place: int) -> None:
        """An item is put on top."""
        self.rows[0].addprevious(self.rows[place])
        for values in (self.rows, self.links, self.titles):
            values.insert(0, values.pop(place))

    def redesign(self) -> None:
        """Other names for all classes, and one element more around each list."""
        for element in (*self.root.iter(), *self.template.iter()):
            if isinstance(element.tag, str) and element.get("class"):
                element.set("class", " ".join(f"{name}-neu" for name in element.get("class").split()))
        around = self.rows[0].getparent()
        if around.tag not in ("table", "tbody", "tr", "ul", "ol", "dl"):
            return
        top = around if around.tag != "tbody" else around.getparent()
        outer = html.Element("div")
        outer.set("class", "wrapper-neu")
        top.addprevious(outer)
        outer.tail, top.tail = top.tail, None
        outer.append(top)

    def html(self) -> bytes:
        if self.instead:
            return f"<!doctype html><html><head><title>Site</title></head><body>{self.instead}</body></html>".encode()
        return html.tostring(self.root, encoding="utf-8", doctype="<!doctype html>")

    def _target(self, anchor: Any) -> str:
        return absolute_link(self.url, anchor.get("href") or "")

    def _retitle(self, row: Any, before: str, after: str) -> None:
        inner = _titled(row, before)
        if inner is not None:
            for child in list(inner):
                inner.remove(child)
            inner.text = after

    def _redate(self, row: Any, now: datetime) -> None:
        before = self.day_texts(row)
        form = before[0]
        for element in row.iter():
            for name in element.attrib:
                if "date" in name and form is not None:
                    element.set(name, now.strftime("%Y-%m-%d"))
        for index, text in before[1]:
            _replace(row, text, _forms(now)[index])

    def day_texts(self, row: Any) -> tuple[datetime | None, list[tuple[int, str]]]:
        """The forms in which the first row's date is written in it."""
        day = self.first_day
        text = row.text_content()
        found = [(i, one) for i, one in enumerate(_forms(day)) if one in text] if day else []
        return day, found[:1] if found else []


def _titled(row: Any, title: str) -> Any:
    """The innermost element whose text is the title, None for none."""
    want = _squash(title)
    elements = [one for one in row.iter() if isinstance(one.tag, str)]
    return next((one for one in reversed(elements) if _squash(one.text_content()) == want), None)


def _replace(row: Any, before: str, after: str) -> None:
    for element in row.iter():
        if element.text and before in element.text:
            element.text = element.text.replace(before, after)
        if element.tail and before in element.tail and element is not row:
            element.tail = element.tail.replace(before, after)


def _squash(text: str) -> str:
    return _NOT_ALNUM.sub("", text.casefold())


def saved_pages(most_kb: int) -> list[SavedPage]:
    """The saved list pages whose rows can be worked with: beside each other, with a link and a date that can be rewritten."""
    found = []
    for document in json.loads((DATA / "manifest.json").read_text(encoding="utf-8")):
        path = DATA / document["file"]
        if document["kind"] == "html" and document["mode"] == "list" and path.stat().st_size < most_kb * 1000:
            page = _page(document, path.read_bytes())
            if page is not None:
                found.append(page)
    return found


def _page(document: dict[str, Any], body: bytes) -> SavedPage | None:
    truth = document["truth"]
    root = html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8", remove_comments=True))
    base = root.find(".//base[@href]")
    home = absolute_link(document["url"], base.get("href")) if base is not None else document["url"]
    wanted = {one["link"]: one for one in truth}
    first: dict[str, Any] = {}
    for anchor in root.iter("a"):
        link = absolute_link(home, anchor.get("href") or "")
        title = wanted.get(link, {}).get("title")
        if title and _squash(title) in _squash(_row_text(anchor)):
            first.setdefault(link, anchor)
    if len(truth) < 5 or len(first) < len(truth):
        return None
    rows, anchors = [], set(first.values())
    for link, anchor in first.items():
        row = anchor
        while (above := row.getparent()) is not None and not any(
            one is not anchor and one in anchors for one in above.iter("a")
        ):
            row = above
        rows.append((link, row))
    around = rows[0][1].getparent()
    if around is None or any(row.getparent() is not around or row.tag != rows[0][1].tag for _, row in rows):
        return None
    order = list(around)
    rows.sort(key=lambda pair: order.index(pair[1]))
    day = wanted[rows[0][0]]["date"]
    page = SavedPage(
        Path(document["file"]).stem.replace("_", "-"),
        home,
        root,
        [row for _, row in rows],
        [link for link, _ in rows],
        datetime.fromisoformat(day) if day else None,
        [wanted[link]["title"] for link, _ in rows],
        deepcopy(rows[0][1]),
        rows[0][0],
        wanted[rows[0][0]]["title"],
    )
    if _titled(page.template, page.template_title) is None:
        return None
    if any(one["date"] for one in truth) and not (day and page.day_texts(page.rows[0])[1]):
        return None
    return page


def _row_text(anchor: Any) -> str:
    above = anchor
    for _ in range(3):
        above = above.getparent() if above.getparent() is not None else above
    return str(above.text_content())
