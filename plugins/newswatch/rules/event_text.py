"""An event rule in words: the query that it stands for, and what keeps it from false hits."""

from __future__ import annotations

from dataclasses import dataclass

from newswatch.models import Event, Modality
from newswatch.rules import event_templates as distances
from newswatch.rules.event_plan import entries_of, links_of
from newswatch.rules.events import NOBODY_AFTER, NOBODY_BEFORE, OBJECT_AFTER, OBJECT_BEFORE
from newswatch.rules.lists import Lists

_MODALITY: dict[Modality, str] = {
    "stated": "the text states it",
    "possible": "the text says that it may come: if, may, threatens, considers",
    "denied": "the text denies it or says that it is over: does not, drops, once",
    "question": "the text asks for a yes or no",
}

GUARDS = (
    "Who and does are in one clause. Of a verb in two pieces, the second is in the clause of the first.",
    "A name after a preposition (against the EU) is not who does it; nor is one after ex- or anti-.",
    "A name that is only a piece of a longer one (Air India) is not that name.",
    "who, which, that, after, if, despite, and, says between the name and the verb begin something else.",
    "A passive (fined by, was fined, charged with) is what happens to the name before it.",
    "A participle that only describes (officer sanctioned by the US shot) is no news.",
    "Former and lower people (exgobernador del, EZB-Mitarbeiter) are not the actor that they belong to.",
    "A form that is a noun too (sanctions, fines, probes) is a verb only where the name opens the clause.",
    "A one-word English verb follows the name directly, or after light words, titles and names.",
    "A noun whose actor follows despite, after, over, amid is what happened before.",
    "A name that somebody asks to act (Amnesty urges the EU to) does not act yet.",
    "What is said of a thing (is worthless) counts where the name says it: before a colon, with says, or at the end.",
    "Phrases of the pack that only look like it (sanctions chief) do not count.",
)


@dataclass(frozen=True, slots=True)
class Explained:
    """`query` is in the query language and matches what the event matches, and more; the guards say what is left out.

    It leaves out the statements of a pack ("is worthless") and what others suffer ("hit with sanctions"), which the event finds.
    """

    parts: tuple[tuple[str, str, int], ...]
    """Each part, its lists and words, and the number of its entries."""
    query: str
    guards: tuple[str, ...]
    modality: tuple[str, ...]


def explain_event(event: Event, modality: tuple[Modality, ...], lists: Lists) -> Explained:
    """The event in words. Raises QueryError for a list that is not there."""
    parts = tuple(
        (name, " or ".join(texts), len(entries_of(texts, lists)))
        for name in ("who", "does", "what", "unless")
        if (texts := getattr(event, name))
    )
    return Explained(
        parts=parts,
        query=query_of(event, lists),
        guards=GUARDS if event.who else GUARDS[-1:],
        modality=tuple(_MODALITY[one] for one in modality),
    )


def query_of(event: Event, lists: Lists) -> str:
    """The templates as operators of the query language, joined by OR."""
    does = _group(event.does)
    if not event.who:
        return _with_unless(_done_to(does, event), event)
    who = _group(event.who)
    links = dict.fromkeys(link for name in event.does for link in links_of(name, lists))
    by = _group(tuple(f'"{link}"' for link in links))
    shapes = (
        f"{who} ONEAR/{distances.SECOND} {does}",
        f"{does} ONEAR/{distances.PASSIVE} {by} ONEAR/{distances.PASSIVE} {who}",
        f"{does} ONEAR/{distances.SPEAKER} {who}",
    )
    if not event.what:
        return _with_unless(" OR ".join(shapes), event)
    what = _group(event.what)
    near = f"{does} NEAR/{max(OBJECT_AFTER, OBJECT_BEFORE)} {what}"
    return _with_unless(f"({' OR '.join(shapes)}) AND {near}", event)


def _done_to(does: str, event: Event) -> str:
    if not event.what:
        return does
    what = _group(event.what)
    return f"{does} ONEAR/{NOBODY_AFTER} {what} OR {what} ONEAR/{NOBODY_BEFORE} {does}"


def _with_unless(query: str, event: Event) -> str:
    return f"({query}) AND NOT {_group(event.unless)}" if event.unless else query


def _group(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else f"({' OR '.join(texts)})"
