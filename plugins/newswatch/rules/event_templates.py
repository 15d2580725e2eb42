"""The shapes in which a text says that somebody does something: active, passive, noun, speaker last, statement and others.

Each template is a generator of pairs of an actor and a verb or noun in one passage. They are independent of each
other, and `TEMPLATES` names all. Distances are words between.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from newswatch.rules import event_guards as guards
from newswatch.rules import event_words as words
from newswatch.rules.lexicon import Found
from newswatch.rules.passage import Passage

ACTIVE, PASSIVE, NOUN_AFTER, NOUN_BY, SPEAKER, SECOND, COLON, INVERTED = 5, 5, 3, 4, 16, 16, 12, 1
STATEMENT, SUFFERED = 16, 4
"""At most so many words are between the actor and the verb or noun, by template."""

SPEAKER_AT_END = 5
_DASH = re.compile(r"[–—:]|\s-\s|--")


@dataclass(frozen=True, slots=True)
class Findings:
    """What of an event is in a passage. `links` join a noun to its actor."""

    who: Sequence[Found]
    verbs: Sequence[Found]
    nouns: Sequence[Found]
    statements: Sequence[Found]
    suffered: Sequence[Found]
    links: tuple[str, ...]


Pair = tuple[Found, Found]
"""An actor and what it does."""

Template = Callable[[Passage, Findings], Iterator[Pair]]


def active(passage: Passage, found: Findings) -> Iterator[Pair]:
    """The actor, then its verb: the RBI bars banks."""
    for verb in found.verbs:
        if guards.is_passive(passage, verb):
            continue
        for who in found.who:
            if not 0 <= verb.start - who.end <= ACTIVE or not passage.same_clause(who.start, verb.end - 1):
                continue
            if _is_second_verb(passage, who, verb):
                continue
            if verb.entry.is_tight and not guards.reads_as_verb(passage, who, verb):
                continue
            if _is_plain(passage, verb) and not guards.is_finite(passage, who, verb):
                continue
            if not guards.gap_broken(passage, who.end, verb.start) and not guards.after_preposition(
                passage, who
            ):
                yield who, verb


def _is_second_verb(passage: Passage, who: Found, verb: Found) -> bool:
    """Whether a comma right before the verb says that its subject is not this name: "Trump meets Putin, slaps"."""
    if not verb.start or not passage.comma_after(verb.start - 1) or _opens_clause(passage, who):
        return False
    return not any(passage.comma_after(place) for place in range(who.end - 1, verb.start - 1))


def _opens_clause(passage: Passage, who: Found) -> bool:
    """Whether at most one word is before the name in its clause."""
    return who.start - passage.clause.index(passage.clause[who.start]) <= 1


def _is_plain(passage: Passage, verb: Found) -> bool:
    """Whether the entry is one English word, which is weak by itself."""
    return verb.entry.is_one_word and passage.lang == "en" and passage.words[verb.start].isascii()


def second_predicate(passage: Passage, found: Findings) -> Iterator[Pair]:
    """A further verb in the headline present, its subject at the beginning: Trump puts …, slaps sanctions on."""
    for verb in found.verbs:
        form = passage.words[verb.start]
        if not verb.start or guards.is_passive(passage, verb):
            continue
        if not form.endswith("s") or form.startswith(words.SAYING_VERBS):
            continue
        if not passage.comma_after(verb.start - 1) and passage.words[verb.start - 1] not in ("and", "but"):
            continue
        for who in found.who:
            if (
                _opens_clause(passage, who)
                and 0 <= verb.start - who.end <= SECOND
                and passage.same_clause(who.start, verb.end - 1)
            ):
                yield who, verb


def colon(passage: Passage, found: Findings) -> Iterator[Pair]:
    """The speaker before a colon: "ECB: digital euro should not be used"."""
    for verb in found.verbs:
        for who in found.who:
            for place in range(who.end - 1, min(who.end + 3, verb.start)):
                if (
                    ":" in passage.gaps[place]
                    and passage.same_clause(who.start, place)
                    and passage.clause[verb.start] - passage.clause[place] in (1, 2)
                    and verb.start - place <= COLON
                    and (not verb.entry.is_one_word or _follows_a_head(passage, place + 1, verb))
                ):
                    yield who, verb


def _follows_a_head(passage: Passage, first: int, verb: Found) -> bool:
    """Whether a title and no other words are between the colon and the verb: "Banque du Canada : le gouverneur déconseille"."""
    between = passage.words[first : verb.start]
    return not words.HEADS.isdisjoint(between) and all(
        word in words.HEADS or word in words.DETERMINERS for word in between
    )


def inverted(passage: Passage, found: Findings) -> Iterator[Pair]:
    """Russian and German: the verb, then its subject."""
    for verb in found.verbs:
        if passage.words[verb.end - 1].isascii() and passage.lang != "de":
            continue
        for who in found.who:
            if (
                0 <= who.start - verb.end < INVERTED
                and passage.same_clause(verb.start, who.end - 1)
                and guards.may_follow_its_verb(passage, who, verb)
            ):
                yield who, verb


def passive(passage: Passage, found: Findings) -> Iterator[Pair]:
    """The verb, then its actor after "by": barred by the RBI."""
    links = ("by", *words.PASSIVE_BY.get(passage.lang, ()))
    for verb in found.verbs:
        for who in found.who:
            near = 0 <= who.start - verb.end <= PASSIVE
            by = near and any(word in links for word in passage.words[verb.end - 1 : who.start])
            if (
                by
                and passage.sentence[who.start] == passage.sentence[verb.start]
                and not guards.is_attribute(passage, verb)
            ):
                yield who, verb


def noun(passage: Passage, found: Findings) -> Iterator[Pair]:
    """A noun: EU antitrust probe, a ban by the RBI, the repeal of sweeping US sanctions."""
    for noun_found in found.nouns:
        for who in found.who:
            if (
                _noun_after(passage, who, noun_found)
                or _noun_by(passage, noun_found, who, found.links)
                or _is_announced(passage, noun_found, who)
                or _is_topic_decided(passage, noun_found, who)
            ):
                yield who, noun_found
    nominal = [*found.nouns, *(verb for verb in found.verbs if "of" in verb.entry.text)]
    for done in nominal:
        if not _is_wanted(passage, done):
            yield from ((who, done) for who in found.who if _is_in_gap(who, done))


def _is_wanted(passage: Passage, done: Found) -> bool:
    """Whether somebody only asks for it: "party calls for end to US sanctions"."""
    place = done.start - 1
    while place >= 0 and (
        passage.words[place] in words.DETERMINERS or passage.words[place] in words.ASKED_OF
    ):
        place -= 1
    return place >= 0 and passage.same_clause(place, done.start) and passage.words[place] in words.ASKING


def _has_genitive(passage: Passage, noun_found: Found) -> bool:
    """Whether the noun is the next name's own, and nobody rejects it: "Kritik der EZB", "rechazo del BCE"."""
    return passage.words[noun_found.end] in words.GENITIVE.get(
        passage.lang, ()
    ) and words.REJECTING.isdisjoint(passage.words[max(0, noun_found.start - 3) : noun_found.start])


def _is_announced(passage: Passage, noun_found: Found, who: Found) -> bool:
    """The noun, then the actor at the end with a word of announcing: "Asset freeze for officials, Canada announces"."""
    return (
        0 <= who.start - noun_found.end <= SPEAKER
        and noun_found.start <= 2
        and who.end < len(passage.words) <= who.end + 2
        and passage.words[who.end] in words.ANNOUNCING
        and (passage.comma_after(who.start - 1) or _DASH.search(passage.gaps[who.start - 1]) is not None)
    )


def _is_topic_decided(passage: Passage, noun_found: Found, who: Found) -> bool:
    """The noun before a colon, then an actor who decides: "Sanctions on Belarus: EU agrees on a fifth package"."""
    if noun_found.start > 1 or passage.clause[who.start] != 1 or passage.clause[noun_found.end - 1] != 0:
        return False
    first = passage.clause.index(1)
    if ":" not in passage.gaps[first - 1]:
        return False
    return who.start - first <= 2 and not words.DECIDING.isdisjoint(passage.words[who.end : who.end + 6])


def _is_in_gap(who: Found, done: Found) -> bool:
    """Whether the name is among the words that a gap of the entry skips."""
    return done.start < who.start and who.end < done.end and not done.at_any(who)


def _noun_after(passage: Passage, who: Found, noun_found: Found) -> bool:
    return (
        0 <= noun_found.start - who.end <= _most_before_noun(passage, noun_found)
        and words.WANTING.isdisjoint(passage.words[who.end : noun_found.start])
        and passage.same_clause(who.start, noun_found.end - 1)
        and not guards.is_background(passage, who.start)
        and not guards.gap_broken(passage, who.end, noun_found.start)
        and "by" not in passage.words[who.end : noun_found.start]
    )


def _most_before_noun(passage: Passage, noun_found: Found) -> int:
    """English puts adjectives between an actor and its noun. Elsewhere what is between is mostly a verb."""
    return NOUN_AFTER if passage.lang == "en" and passage.words[noun_found.start].isascii() else 0


def _noun_by(passage: Passage, noun_found: Found, who: Found, links: Sequence[str]) -> bool:
    return (
        0 < who.start - noun_found.end <= NOUN_BY
        and (passage.words[noun_found.end] in links or _has_genitive(passage, noun_found))
        and passage.same_clause(noun_found.start, who.end - 1)
    )


def speaker(passage: Passage, found: Findings) -> Iterator[Pair]:
    """The speaker at the end: …, says ECB's Lagarde."""
    for verb in found.verbs:
        if verb.entry.is_tight or not _is_said(passage, verb):
            continue
        for who in found.who:
            if verb.end <= who.start <= verb.end + SPEAKER and _speaks(passage, verb, who):
                yield who, verb


def _is_said(passage: Passage, verb: Found) -> bool:
    """Whether the verb opens the passage or has a speaker's pronoun before it."""
    before = passage.words[max(0, verb.start - 4) : verb.start]
    if verb.start <= 1 or not words.THIRD_PERSON.isdisjoint(before):
        return True
    return passage.words[verb.start - 1] == "not" or not words.FIRST_PERSON.isdisjoint(before[-3:])


def _speaks(passage: Passage, verb: Found, who: Found) -> bool:
    quoted = any(mark in passage.text for mark in "”\"’'»“")
    if passage.sentence[who.start] != passage.sentence[verb.start] and not quoted:
        return False
    near = (*passage.words[max(0, who.start - 5) : who.start], *passage.words[who.end : who.end + 3])
    said = not words.SAYING.isdisjoint(near) or _DASH.search(passage.gaps[who.start - 1]) is not None
    apart = any(
        passage.clause[place] != passage.clause[verb.start] or passage.comma_after(place - 1)
        for place in range(verb.end, who.start + 1)
    )
    return said and apart and len(passage.words) - who.end <= SPEAKER_AT_END


def statement(passage: Passage, found: Findings) -> Iterator[Pair]:
    """What an actor says of a thing: "ECB's Lagarde: crypto is worth nothing", "… has no place here, SNB says"."""
    for said in found.statements:
        for who in found.who:
            if _announces(passage, who, said) or _is_quoted_by(passage, said, who):
                yield who, said


def _announces(passage: Passage, who: Found, said: Found) -> bool:
    """The actor with a colon or a word of saying, then the statement."""
    if not 0 <= said.start - who.end <= STATEMENT:
        return False
    near = range(who.end - 1, min(who.end + 4, said.start))
    if passage.sentence[who.start] != passage.sentence[said.start]:
        return False
    if any(":" in passage.gaps[place] for place in near):
        return passage.clause[said.start] - passage.clause[who.start] <= 2
    return not words.SAYING.isdisjoint(passage.words[who.end : near.stop]) or (
        who.start > 0 and passage.words[who.start - 1] in words.SAYING | words.ACCORDING
    )


def _is_quoted_by(passage: Passage, said: Found, who: Found) -> bool:
    """The statement, then the actor at the end with a word of saying."""
    if not 0 <= who.start - said.end <= STATEMENT:
        return False
    quoted = ":" in passage.gaps[who.start - 1] and any(
        mark in passage.gaps[who.start - 1] for mark in '”"»“'
    )
    if quoted and passage.clause[who.start] == 1:
        return True
    if len(passage.words) - who.end > SPEAKER_AT_END:
        return False
    place = who.start - 1
    while passage.words[place] in words.DETERMINERS:
        place -= 1
    return passage.words[place] in words.ACCORDING or _speaks(passage, said, who)


def suffered(passage: Passage, found: Findings) -> Iterator[Pair]:
    """What happens to others, with the actor within it or right after: "hit with US sanctions"."""
    for verb in found.suffered:
        if verb.entry.text[1:] in (("par",), ("por",)) and guards.is_attribute(passage, verb):
            continue
        for who in found.who:
            between = passage.words[verb.end : who.start]
            follows = 0 <= who.start - verb.end <= SUFFERED and passage.same_clause(verb.start, who.start)
            if _is_in_gap(who, verb) or (
                follows
                and all(word in found.links or word in words.OF or word in words.HEADS for word in between)
            ):
                yield who, verb


TEMPLATES: dict[str, Template] = {
    "active": active,
    "second predicate": second_predicate,
    "colon": colon,
    "inverted": inverted,
    "passive": passive,
    "noun": noun,
    "speaker": speaker,
    "statement": statement,
    "suffered": suffered,
}
