"""Whether a name is the subject of a verb: the small tests that keep an event from what only looks like it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from newswatch.rules import event_words as words
from newswatch.rules.lexicon import Found
from newswatch.rules.passage import Passage

TAKEN = 7
"""At most so many words before a participle is the verb that takes what it describes: "seizes tanker sanctioned by"."""


def after_preposition(passage: Passage, who: Found) -> bool:
    """Whether the name follows a preposition, articles left out: "against the EU"."""
    place = who.start - 1
    while place >= 0 and passage.words[place] in words.DETERMINERS:
        place -= 1
    return place >= 0 and passage.same_clause(place, who.start) and passage.words[place] in words.PREPOSITIONS


def is_other(passage: Passage, who: Found) -> bool:
    """Whether a word next to the name says that it is not the actor: "ex-Fed", "anti-Russia", "EZB-Mitarbeiter"."""
    if who.start > 0 and passage.words[who.start - 1] in words.NOT_THE_ACTOR:
        return True
    after = who.end
    if (
        after < len(passage.words)
        and passage.words[after] in words.NOT_FOR_THE_ACTOR
        and not _ends(passage, after)
    ):
        return True
    return _is_of_others(passage, who)


def _is_of_others(passage: Passage, who: Found) -> bool:
    """Whether the name belongs to somebody former or lower: "exgobernador del Banco de España", "Personal der EZB"."""
    place = who.start - 1
    while place >= 0 and not _ends(passage, place + 1):
        word = passage.words[place]
        if word in words.NOT_FOR_THE_ACTOR:
            return True
        if word not in words.CHAIN and word not in words.HEADS and passage.gaps[place] != "-":
            return False
        place -= 1
    return False


def _ends(passage: Passage, place: int) -> bool:
    """Whether a comma or the end of a clause is right before the place."""
    return passage.comma_after(place - 1) or not passage.same_clause(place - 1, place)


def is_attribute(passage: Passage, verb: Found) -> bool:
    """Whether a participle with its actor only describes who does or suffers something else.

    "Officer sanctioned by US, EU shot": after the actors comes another verb. "Firm that was fined by the FCA": after a
    relative pronoun.
    """
    opener = verb.start - 1
    while opener >= 0 and passage.words[opener] in words.PASSIVE_AUXILIARIES | words.HISTORY | {
        "had",
        "has",
        "have",
    }:
        opener -= 1
    if opener < verb.start - 1:
        return opener >= 0 and passage.words[opener] in words.RELATIVE
    before = range(max(passage.clause.index(passage.clause[verb.start]), verb.start - TAKEN), verb.start)
    return any(passage.words[place] in words.TAKING for place in before) or any(
        passage.words[place] in words.MAIN_VERBS
        and passage.same_clause(verb.start, place)
        and not (passage.words[place] in words.SAYING and _has_comma(passage, place - 4, place))
        for place in range(verb.end, len(passage.words))
    )


def _has_comma(passage: Passage, start: int, end: int) -> bool:
    return any(passage.comma_after(place) for place in range(start, end))


def is_asked(passage: Passage, who: Found, actors: Sequence[Found]) -> bool:
    """Whether somebody who is not an actor asks the name to act: "Amnesty urges EU to", "Pentagon asked to"."""
    after = passage.words[who.end : who.end + 2]
    if len(after) == 2 and after[0] in words.ASKED and after[1] == "to":
        return True
    place = who.start - 1
    while place >= 0 and (
        passage.words[place] in words.DETERMINERS or passage.words[place] in words.ASKED_OF
    ):
        place -= 1
    if place < 0 or not passage.same_clause(place, who.start) or passage.words[place] not in words.ASKING:
        return False
    return not any(
        0 <= place - other.end <= 3 and passage.same_clause(other.start, place) for other in actors
    )


def may_follow_its_verb(passage: Passage, who: Found, verb: Found) -> bool:
    """Whether a name right after its verb can be the subject, not the object.

    What opens the clause must not be a subject: "Gegen das Gesetz stellt sich die Bundesbank", not "Trump kritisiert
    Fed-Chef Powell". In Russian the name's form must also be that of the entry, which is the nominative.
    """
    first = passage.clause.index(passage.clause[verb.start])
    opener = passage.words[first]
    if passage.words[who.start].isascii():
        return passage.lang != "de" or first == verb.start or opener in words.NOT_A_SUBJECT
    is_object = opener in words.NOT_A_SUBJECT or opener.endswith(("у", "ю"))
    return (first == verb.start or is_object) and passage.words[who.start] == who.entry.text[0].casefold()


def gap_broken(passage: Passage, start: int, end: int) -> bool:
    """Whether a word between an actor and its verb begins something else. What is between commas is left out."""
    commas = [place for place in range(start - 1, end) if passage.comma_after(place)]
    aside = range(commas[0] + 1, commas[-1] + 1) if len(commas) > 1 else range(0)
    return any(
        passage.words[place] in words.GAP_BREAKERS for place in range(start, end) if place not in aside
    )


def is_passive(passage: Passage, verb: Found) -> bool:
    """Whether the actor before the verb suffers it: "fined by", "was fined", "charged with"."""
    form = passage.words[verb.start]
    after = passage.words[verb.end] if verb.end < len(passage.words) else ""
    if after == "by" or verb.entry.text[1:] in (("par",), ("por",)):
        return True
    if not form.endswith("ed"):
        return form in ("hit", "cut", "sought") and _after_auxiliary(passage, verb)
    if verb.end - verb.start == 1 and after in words.PASSIVE_AFTER_ONE:
        return True
    second = passage.words[verb.start + 1] if verb.start + 1 < len(passage.words) else ""
    if verb.entry.has_gap and second in words.PASSIVE_IN_GAP and verb.entry.text[0] != "warn":
        return True
    return _after_auxiliary(passage, verb)


def _after_auxiliary(passage: Passage, verb: Found) -> bool:
    return verb.start > 0 and passage.words[verb.start - 1] in words.PASSIVE_AUXILIARIES


def has_passive_form(passage: Passage, verb: Found) -> bool:
    """Whether the form may be a participle."""
    form = passage.words[verb.start]
    return form.endswith("ed") or form in words.PASSIVE_FORMS or not form.isascii()


def reads_as_verb(passage: Passage, who: Found, verb: Found) -> bool:
    """For a form that is also a noun: the actor opens its clause, and nothing after says that it is the noun."""
    if not all(_may_be_between(passage, place) for place in range(who.end, verb.start)):
        return False
    if not _opens_clause(passage, who.start):
        return False
    if verb.end >= len(passage.words) or not passage.same_clause(verb.end - 1, verb.end):
        return False
    next_is_function = passage.words[verb.end] in words.FUNCTION and not passage.comma_after(verb.end - 1)
    return not next_is_function or passage.words[verb.start].endswith("ed")


def _may_be_between(passage: Passage, place: int) -> bool:
    """A light word; in French and Spanish also the rest of a name: "banco central de Turquía"."""
    word = passage.words[place]
    if word in words.LIGHT:
        return True
    return passage.lang in ("fr", "es") and (word in words.CHAIN or passage.written[place][:1].isupper())


def _opens_clause(passage: Passage, place: int) -> bool:
    """Whether a clause begins here, or with the adjectives and capitalised words before."""
    while place > 0 and passage.same_clause(place - 1, place):
        word = passage.words[place - 1]
        if passage.comma_after(place - 1) or word in words.OPENERS:
            break
        if word.isdigit() or (
            len(word) > 2 and passage.written[place - 1][0].isupper() and word not in words.PREPOSITIONS
        ):
            place -= 1
        else:
            return False
    return True


def is_finite(passage: Passage, who: Found, verb: Found) -> bool:
    """Whether a plain English verb belongs to the actor: only light words between, and a form that fits."""
    form = passage.words[verb.start]
    if form.endswith("ed") and verb.start > 0 and passage.gaps[verb.start - 1] == "-":
        return False  # "US-backed", "twice-banned"
    between = list(_between(passage, who.end, verb.start))
    if not all(_is_light(passage, place) for place in between):
        return False
    if form.endswith("ed") and any(_is_noun_like(passage, place) for place in between):
        return False
    return not _is_base_form(form) or _takes_base_form(passage, who, verb.start)


def _between(passage: Passage, start: int, end: int) -> Iterator[int]:
    """The places between actor and verb. From a comma on, or between two, nothing is looked at."""
    commas = [place for place in range(start - 1, end - 1) if passage.comma_after(place)]
    if len(commas) > 1:
        yield from (place for place in range(start, end) if not commas[0] < place <= commas[-1])
    else:
        yield from range(start, min([end, *(comma + 1 for comma in commas)]))


def _is_light(passage: Passage, place: int) -> bool:
    word = passage.words[place]
    if word in words.LIGHT or word in words.HEADS or word in words.MODALS or word in words.DETERMINERS:
        return True
    return word.endswith("ly") or word.isdigit() or len(word) < 3 or passage.written[place][:1].isupper()


def _is_noun_like(passage: Passage, place: int) -> bool:
    word = passage.words[place]
    if word in words.LIGHT or word in words.HEADS or word in words.MODALS or word.endswith("ly"):
        return False
    return passage.written[place][:1].islower()


def _is_base_form(form: str) -> bool:
    return form.isascii() and not form.endswith(("s", "ed", "ing")) and form not in words.PASTS


def _takes_base_form(passage: Passage, who: Found, place: int) -> bool:
    """Whether the word before the verb lets it be a base form: "to ban", "may ban", "senators ban"."""
    before = passage.words[place - 1]
    if not before.isascii() or before in words.MODALS or before in words.LIGHT:
        return True
    if before.endswith(("s", "ly", "n't")) and before != "us":
        return True
    if before in ("police", "people", "staff", "congress"):
        return True
    start = who.start
    if not words.INVERSIONS.isdisjoint(passage.words[max(0, start - 3) : start]):
        return True
    # "Xi, Putin hail"
    return start > 0 and (passage.comma_after(start - 1) or passage.words[start - 1] in ("and", "or"))


def is_background(passage: Passage, start: int) -> bool:
    """Whether a name before a noun follows "despite", "after" and the like."""
    place = start - 1
    for _ in range(2):
        if place < 0 or not passage.same_clause(place, place + 1):
            return False
        if passage.words[place] in words.BACKGROUND:
            return True
        if passage.words[place] not in words.DETERMINERS:
            return False
        place -= 1
    return False


def denied_inside(passage: Passage, verb: Found) -> bool:
    """Whether a negation is between the words of the entry, which has none itself, or right after it."""
    own = set(verb.at)
    within = (passage.words[place] for place in range(verb.start, verb.end) if place not in own)
    if any(word in words.NEGATIONS for word in within) and words.NEGATIONS.isdisjoint(verb.entry.text):
        return True
    return (
        verb.end < len(passage.words)
        and passage.words[verb.end] in words.NEGATIONS_AFTER
        and passage.same_clause(verb.end - 1, verb.end)
        and words.NEGATIONS.isdisjoint(verb.entry.text)
    )


def is_question(passage: Passage, place: int) -> bool:
    """Whether the sentence of a place asks for yes or no. "Why is …" takes for granted what it asks about."""
    if passage.lang == "en" and passage.words[0].isascii():
        return passage.words[0] in words.QUESTION_OPENERS and "?" in passage.text
    sentence = passage.sentence
    first, last = bisect_left(sentence, sentence[place]), bisect_right(sentence, sentence[place]) - 1
    return "?" in passage.gaps[last] and passage.words[first] not in words.ASKING_FOR_MORE


def is_history(passage: Passage, start: int, end: int) -> bool:
    """Whether the words between say that it was so once."""
    return any(word in words.HISTORY for word in passage.words[start:end])


def is_conditional(passage: Passage, places: Iterable[int]) -> bool:
    """Whether a word there says that it may come about."""
    return any(passage.words[place] in words.CONDITIONAL for place in places)
