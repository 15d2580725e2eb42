"""Candidates that lose hits: drop a term, exact forms, exclude words, leave out negations, limit feeds. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from newswatch.models import FeedFilter, Match, Modality, Role
from newswatch.pipeline.authoring.coach.candidate import Candidate, ListEdit, Subject
from newswatch.pipeline.authoring.coach.labels import Texts
from newswatch.pipeline.authoring.coach.listed_names import lists_in
from newswatch.pipeline.authoring.coach.terms import (
    HomeEntry,
    SpokenTerm,
    entries_of_term,
    entries_with_homes,
    entry_words,
)
from newswatch.pipeline.authoring.coach.weighing import WANTED_LOST
from newswatch.pipeline.authoring.coach.words import Grams, usual_form
from newswatch.pipeline.authoring.hit_terms import Part, Words, words_of
from newswatch.rules import Query, parse_query
from newswatch.rules.nodes import ListTerm, Or, Phrase
from newswatch.rules.query_edits import (
    walk,
    with_exclusion,
    with_forms,
    with_required,
    without_child,
    written,
)
from newswatch.rules.stems import stemmer_for

MOST_TERMS, MOST_WORDS, MOST_LISTS, MOST_FEEDS = 8, 16, 6, 8
"""How many candidates of a kind are weighed."""

LEAST_WANTED = 3
"""With fewer wanted hits, what they have in common is chance."""

_MOST_CASES = 2


@dataclass(frozen=True)
class Narrowing:
    """Candidates for one rule. `matches` are what it catches, by item; `default_lang` is that of texts without one."""

    subject: Subject
    texts: Texts
    matches: Mapping[str, Match]
    default_lang: str

    def candidates(self) -> Iterator[Candidate]:
        """All of them. None if no hit is unwanted."""
        if not self.texts.unwanted:
            return
        terms = self._unwanted_terms()
        if self.subject.rule.event is not None:
            yield from self._drops_of_event(terms)
            yield from self._modalities()
        else:
            query = parse_query(self.subject.rule.query, self.subject.lists)
            yield from self._branches(query)
            yield from self._drops_of_query(query, terms)
            yield from self._forms_of_query(query)
            if self.subject.rule.negation == "ignore":
                yield self.subject.with_negation("leave out negated hits")
        yield from self._exclusions()
        yield from self._limits()

    # ── terms ────────────────────────────────────────────────────────────────────────────────

    def _words(self, name: str) -> tuple[Words, ...]:
        return words_of(self.texts.caught[name], self.matches[name])

    def _unwanted_terms(self) -> list[tuple[Part, str, str]]:
        """Part, words and language of the terms that hit, in the order of how many unwanted hits they brought."""
        counts: Counter[tuple[Part, str, str]] = Counter()
        for name, text in self.texts.unwanted.items():
            counts.update((part, words, text.lang) for part, words in self._words(name))
        return [key for key, _ in counts.most_common(3 * MOST_TERMS)]

    def _spoken(self, words: str, lang: str) -> SpokenTerm:
        return SpokenTerm(words, lang, self.default_lang)

    def _drops_of_event(self, terms: Sequence[tuple[Part, str, str]]) -> Iterator[Candidate]:
        event = self.subject.rule.event
        done: set[tuple[HomeEntry, ...]] = set()
        for part, words, lang in terms:
            if part is None or event is None:
                continue
            homes = list(entries_with_homes(getattr(event, part), self.subject.lists))
            found = tuple(entries_of_term(self._spoken(words, lang), homes))
            if not found or found in done or len(done) >= MOST_TERMS:
                continue
            done.add(found)
            yield from self._exact(part, found)
            own = [one.text for one in found if one.home is None]
            edits = [ListEdit(one.home, one.text) for one in found if one.home is not None]
            about = f"drop {_named(found)} from {part}"
            dropped = self.subject.without_entries("drop", about, part, own, edits)
            if dropped is not None:
                yield dropped

    def _exact(self, part: Role, found: Sequence[HomeEntry]) -> Iterator[Candidate]:
        for one in found:
            if one.home is None:
                forms = self._wanted_forms(part, one.text)
                if forms:
                    about = f"write `{one.text}` of {part} only in the forms that others hit by"
                    yield self.subject.with_forms(about, part, one.text, forms)

    def _wanted_forms(self, part: Part, entry: str) -> list[str]:
        """Exact forms of an entry that only hits have that are not unwanted; none if the forms do not tell them apart."""
        words = entry_words(entry)
        if not words or any(word.how != "stem" or word.gap for word in words):
            return []
        used: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for name, text in self.texts.caught.items():
            for role, spoken in self._words(name):
                if role == part and self._spoken(spoken, text.lang).is_all_of(words):
                    used[name in self.texts.unwanted][spoken] += 1
        good, bad = used[False], used[True]
        if not good or not bad:
            return []
        if not {one.casefold() for one in good} & {one.casefold() for one in bad}:
            folded = Counter({form.casefold(): n for form, n in reversed(good.most_common())})
            return [f'"{form}"' for form, _ in folded.most_common(3)]
        if not set(good) & set(bad) and len(good) <= _MOST_CASES:
            return [f"'{form}'" for form in good]
        return []

    def _drops_of_query(self, query: Query, terms: Sequence[tuple[Part, str, str]]) -> Iterator[Candidate]:
        names = dict.fromkeys(
            f"${node.name}"
            for node, negated in walk(query.root)
            if isinstance(node, ListTerm) and not negated
        )
        homes = list(entries_with_homes(names, self.subject.lists))
        done: set[tuple[HomeEntry, ...]] = set()
        for _, words, lang in terms:
            found = tuple(entries_of_term(self._spoken(words, lang), homes))
            if found and found not in done and len(done) < MOST_TERMS:
                done.add(found)
                edits = [ListEdit(one.home, one.text) for one in found if one.home is not None]
                dropped = self.subject.without_list_entries("drop", f"drop {_named(found)}", edits)
                if dropped is not None:
                    yield dropped

    def _branches(self, query: Query) -> Iterator[Candidate]:
        for node, negated in walk(query.root):
            if isinstance(node, Or) and not negated:
                for number, child in enumerate(node.children):
                    text = without_child(query, node, number)
                    about = f"drop `{written(query, child)}`"
                    yield self.subject.with_query(
                        "drop", about, text, size=len(written(query, child).split())
                    )

    def _forms_of_query(self, query: Query) -> Iterator[Candidate]:
        for node, negated in walk(query.root):
            if isinstance(node, Phrase) and not negated:
                forms = self._wanted_forms(None, written(query, node).strip("()"))
                if forms:
                    about = f"write `{written(query, node)}` only in the forms that others hit by"
                    yield self.subject.with_query(
                        "exact", about, with_forms(query, node, forms), size=len(forms)
                    )

    def _modalities(self) -> Iterator[Candidate]:
        modes: set[Modality | None] = {self.matches[name].modality for name in self.texts.unwanted}
        now = self.subject.rule.modality
        for one in now if len(now) > 1 else ():
            if one in modes:
                left = tuple(other for other in now if other != one)
                yield self.subject.with_modality("negation", f"leave out what is only {one}", left)

    # ── words that exclude ───────────────────────────────────────────────────────────────────

    def _exclusions(self) -> Iterator[Candidate]:
        for words in self._excluding_words():
            yield from self._excluding(words, size=len(words.split()))
        yield from self._by_lists()

    def _excluding(self, term: str, *, size: int) -> Iterator[Candidate]:
        if self.subject.rule.event is not None:
            if term not in self.subject.rule.event.unless:
                yield self.subject.with_entry("exclude", f"exclude `{term}`", "unless", term, widens=False)
            return
        query = parse_query(self.subject.rule.query, self.subject.lists)
        yield self.subject.with_query("exclude", f"exclude `{term}`", with_exclusion(query, term), size=size)

    def _excluding_words(self) -> list[str]:
        """Words that unwanted texts share and wanted ones lack, the most telling first. Not those by which they hit."""
        texts = self.texts
        own = {
            stemmer_for(text.lang, self.default_lang)(word)
            for name, text in texts.unwanted.items()
            for _, words in self._words(name)
            for word in words.casefold().split()
        }
        bad, good = Grams(self.default_lang, 2), Grams(self.default_lang, 2)
        bad.add_all(texts.unwanted.values())
        good.add_all([*texts.wanted.values(), *texts.missed.values()])
        others = Grams(self.default_lang, 2)
        others.add_all(texts.others.values())
        scores = {
            gram: (bad.texts[gram] - 3 * good.texts[gram] - 0.1 * others.texts[gram], -len(gram))
            for gram, count in bad.texts.items()
            if count >= texts.least_unwanted and own.isdisjoint(gram)
        }
        best = sorted(
            (gram for gram in scores if scores[gram][0] > 0), key=lambda gram: scores[gram], reverse=True
        )
        return [usual_form(bad.forms[gram]) for gram in best[:MOST_WORDS]]

    # ── lists that exclude, or are asked for ─────────────────────────────────────────────────

    def _by_lists(self) -> Iterator[Candidate]:
        """Exclude what names of a list are in, or ask for one of its names."""
        texts = self.texts
        labelled = [*texts.unwanted.values(), *texts.wanted.values()]
        found = lists_in(labelled, self.subject.lists, self.default_lang)
        bad = Counter(name for names in found[: len(texts.unwanted)] for name in names)
        good = Counter(name for names in found[len(texts.unwanted) :] for name in names)
        excluding = {name: count - WANTED_LOST * good[name] for name, count in bad.items()}
        for name in _best(excluding, texts.least_unwanted):
            yield from self._excluding(f"${name}", size=1)
        if len(texts.wanted) < LEAST_WANTED:
            return
        asked = {
            name: len(texts.unwanted) - bad[name] - WANTED_LOST * (len(texts.wanted) - count)
            for name, count in good.items()
        }
        for name in _best(asked, texts.least_unwanted):
            yield from self._asking_for(f"${name}")

    def _asking_for(self, term: str) -> Iterator[Candidate]:
        event = self.subject.rule.event
        if event is None:
            query = parse_query(self.subject.rule.query, self.subject.lists)
            yield self.subject.with_query("require", f"ask for `{term}`", with_required(query, term))
        elif not event.what and term not in (*event.who, *event.does):
            yield self.subject.with_entry("require", f"ask for `{term}` as what", "what", term, widens=False)

    # ── feeds and languages ──────────────────────────────────────────────────────────────────

    def _limits(self) -> Iterator[Candidate]:
        feeds = self.subject.rule.feeds
        good = self.texts.wanted
        if good and not feeds.ids and not feeds.tags:
            kept = Counter(tag for text in good.values() for tag in text.feed_tags)
            for tag, _ in kept.most_common(MOST_FEEDS):
                yield self.subject.with_feeds(f"look only at feeds tagged `{tag}`", FeedFilter(tags=(tag,)))
        bad = Counter(text.feed_id for text in self.texts.unwanted.values() if text.feed_id)
        if len(feeds.ids) > 1:
            for one in feeds.ids:
                left = FeedFilter(tuple(name for name in feeds.ids if name != one), feeds.tags)
                yield self.subject.with_feeds(f"do not look at the feed `{one}`", left)
        elif self.subject.rule.event is None:
            query = parse_query(self.subject.rule.query, self.subject.lists)
            for one, count in bad.most_common(MOST_FEEDS):
                if count >= self.texts.least_unwanted:
                    about = f"do not look at the feed `{one}`"
                    yield self.subject.with_query("limit", about, with_exclusion(query, f"source:{one}"))
        languages = sorted({text.lang for text in good.values() if text.lang})
        if languages and not self.subject.rule.languages:
            yield self.subject.with_languages(f"look only at items in {', '.join(languages)}", languages)


def _best(worth: Mapping[str, float], least: int) -> list[str]:
    found = sorted((name for name, value in worth.items() if value >= least), key=lambda name: -worth[name])
    return found[:MOST_LISTS]


def _named(entries: Sequence[HomeEntry]) -> str:
    """Entries with their lists: `dissent` of $opposes."""
    texts = " and ".join(f"`{one.text}`" for one in entries[:3])
    more = f" and {len(entries) - 3} more" if len(entries) > 3 else ""
    lists = dict.fromkeys(f"${one.home}" for one in entries if one.home is not None)
    return f"{texts}{more}" + (f" of {' and '.join(lists)}" if lists else "")
