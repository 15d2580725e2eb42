"""The articles of an edition. They depend only on its number and its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from devtools.news_site import wording

FeedName = Literal["wire", "markets", "daily"]
Role = Literal["lead", "repeat", "headline", "unrelated"]
FEEDS: tuple[FeedName, ...] = ("wire", "markets", "daily")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class SampleArticle:
    """One entry of one feed, and its page.

    `path` is the canonical link below the site's root, `query` the tracking parameters that the feed
    adds to it. `at` is the time from which the feed shows it, in epoch seconds.
    """

    feed: FeedName
    role: Role
    guid: str
    path: str
    query: str
    title: str
    summary: str
    body: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Edition:
    """Articles published together. `id` is unique over restarts; `number` chooses the words."""

    id: str
    number: int
    at: float
    articles: tuple[SampleArticle, ...]

    @property
    def lead(self) -> SampleArticle:
        """The article that the rule "central bank opposes" must find."""
        return next(article for article in self.articles if article.role == "lead")

    def record(self) -> dict[str, Any]:
        """The edition as JSON."""
        articles = [asdict(article) for article in self.articles]
        return {"id": self.id, "number": self.number, "at": self.at, "stories": articles}


def edition_from_record(record: dict[str, Any]) -> Edition:
    """The edition with this `record`."""
    articles = tuple(SampleArticle(**{**row, "body": tuple(row["body"])}) for row in record["stories"])
    return Edition(record["id"], record["number"], record["at"], articles)


def make_edition(number: int, at: float, repeat_after_s: float) -> Edition:
    """Edition `number`, published at `at`; the other feeds repeat the lead `repeat_after_s` later."""
    edition_id = f"{_base36(int(at * 1000))}{number % 1296:04d}"
    words = _words(number, at)
    later = at + repeat_after_s
    lead_path = _path(at, words["topic"], edition_id)
    made = _Maker(edition_id, number, words)
    return Edition(
        edition_id,
        number,
        at,
        (
            made.article("wire", "lead", at, wording.WIRE_TITLES, wording.WIRE_STANDFIRSTS, lead_path),
            made.unrelated("wire", at, 0),
            made.unrelated("wire", at, 1),
            made.article(
                "markets", "repeat", later, wording.MARKETS_TITLES, wording.MARKETS_STANDFIRSTS, lead_path
            ),
            made.article("markets", "headline", later, wording.HEADLINES_ONLY, ("",)),
            made.unrelated("markets", at, 2),
            made.article(
                "daily", "repeat", later, wording.DAILY_TITLES, wording.DAILY_STANDFIRSTS, lead_path
            ),
            made.article("daily", "headline", later, wording.HEADLINES_ONLY[1:], ("",)),
            made.unrelated("daily", at, 3),
        ),
    )


def own_edition(number: int, at: float, title: str, summary: str) -> Edition:
    """An edition of one story in the wire feed, in somebody's own words."""
    edition_id = f"{_base36(int(at * 1000))}{number % 1296:04d}"
    guid = f"wire-own-{edition_id}"
    article = SampleArticle("wire", "lead", guid, _path(at, title, guid), "", title, summary, (summary,), at)
    return Edition(edition_id, number, at, (article,))


@dataclass(frozen=True, slots=True)
class _Maker:
    edition_id: str
    number: int
    words: dict[str, Any]

    def article(
        self,
        feed: FeedName,
        role: Role,
        at: float,
        titles: Sequence[str],
        summaries: Sequence[str],
        path: str | None = None,
    ) -> SampleArticle:
        title = _sentence(_pick(titles, self.number).format(**self.words))
        guid = f"{feed}-{role}-{self.edition_id}"
        return SampleArticle(
            feed=feed,
            role=role,
            guid=guid,
            path=path or _path(at, title, guid),
            query=f"utm_source={feed}&utm_medium=feed&utm_campaign={self.edition_id}"
            if role == "repeat"
            else "",
            title=title,
            summary=_pick(summaries, self.number).format(**self.words),
            body=tuple(paragraph.format(**self.words) for paragraph in wording.BODY),
            at=at,
        )

    def unrelated(self, feed: FeedName, at: float, place: int) -> SampleArticle:
        number = self.number * 4 + place
        land = _pick(wording.LANDS, number * 5 + 11)
        words = {**self.words, "land": land, "count": 20 + number * 7 % 900, "pages": 3 + number % 90}
        title, summary = (text.format(**words) for text in _pick(wording.UNRELATED, number))
        guid = f"{feed}-{place}-{self.edition_id}"
        return SampleArticle(
            feed, "unrelated", guid, _path(at, title, guid), "", title, summary, (summary,), at
        )


def _words(number: int, at: float) -> dict[str, Any]:
    return {
        "land": _pick(wording.LANDS, number),
        "actors": _pick(wording.ACTORS, number),
        "topic": f"{_pick(wording.MEASURES, number)} {_pick(wording.SECTORS, number)}",
        "occasion": _pick(wording.OCCASIONS, number),
        "pages": 12 + number % 70,
        "count": 20 + number * 13 % 300,
        "small": 2 + number % 7,
        "weekday": datetime.fromtimestamp(at, timezone.utc).strftime("%A"),
    }


def _pick(choices: Sequence[Any], number: int) -> Any:
    return choices[number % len(choices)]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _path(at: float, title: str, unique: str) -> str:
    day = datetime.fromtimestamp(at, timezone.utc).strftime("%Y/%m/%d")
    slug = "-".join("".join(sign if sign.isalnum() else " " for sign in title.lower()).split())
    return f"/{day}/{slug[:60].strip('-')}-{unique}"


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
