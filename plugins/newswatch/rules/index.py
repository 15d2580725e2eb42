"""The search structure for items of one language: every stem is one character.

An item becomes a string, the stream, with one character for each token. A phrase becomes the string of
its words' characters. So a position in the stream is the number of a token, Aho-Corasick finds the
anchors of all rules in one pass, and `str.find` finds any other phrase.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from newswatch.errors import PermanentError
from newswatch.rules.gaps import ranges
from newswatch.rules.lexicon import Lexicon
from newswatch.rules.needs import Needs
from newswatch.rules.plan import RulePlan
from newswatch.rules.stems import Stem
from newswatch.rules.tables import PhraseKey, Tables
from newswatch.rules.tokens import BLOCK_BREAK, FIELD_BREAK, surface

OTHER, BLOCK, FIELD = "\x01", "\x02", "\x03"
"""Stream characters for words that no rule uses, and for the borders of blocks and fields."""

_FIRST_CODE = 0x100
_SURROGATES = 0x800
MAX_WORDS = 0x110000 - _FIRST_CODE - _SURROGATES
MAX_CACHED_TOKENS = 200_000
_LARGE_SET = 12

Touched = tuple[dict[int, list[tuple[int, int]]], set[int]]
"""Rules that match because they are only their anchor, with its places; and rules to be evaluated."""


@dataclass(frozen=True, slots=True)
class Needle:
    """A phrase in one language, or its first piece: `rest` are the others, each with the gap before it.

    `run` is the piece's longest part without prefixes; it begins at word `at`. `checks` are
    (place, text, how) of the words for which equal characters in the stream are not enough.
    """

    size: int
    run: str
    at: int
    checks: tuple[tuple[int, str, str], ...]
    rest: tuple[tuple[int, Needle], ...] = ()

    @property
    def runs(self) -> tuple[str, ...]:
        """The runs of all pieces that have one, the longest first."""
        if not self.rest:
            return (self.run,) if self.run else ()
        found = [self.run, *(piece.run for _, piece in self.rest)]
        return tuple(sorted(filter(None, found), key=len, reverse=True))

    @property
    def proof(self) -> int:
        """What finding the run proves: 0 little, 1 the phrase, 2 the phrase if the word forms are equal."""
        if len(self.run) != self.size or self.rest:
            return 0
        if not self.checks:
            return 1
        return 2 if len(self.checks) == self.size and all(how == "exact" for *_, how in self.checks) else 0


class _Codes(dict[str, str]):
    """Raw token → its character in the stream. An entry is added when a token is first seen."""

    def __init__(self, words: dict[str, str], stem: Stem, index: Index) -> None:
        super().__init__()
        self._words, self._stem, self._index = words, stem, index

    def __missing__(self, raw: str) -> str:
        if raw == BLOCK_BREAK:
            code = BLOCK
        elif raw == FIELD_BREAK:
            code = FIELD
        else:
            form = surface(raw)
            code = self._words.get(self._stem(form), OTHER)
            self._index.note_prefixes(raw, form)
        self[raw] = code
        return code


class _Surfaces(dict[str, str]):
    """Raw token → its word form. An entry is added when a token is first compared."""

    def __missing__(self, raw: str) -> str:
        form = self[raw] = surface(raw)
        return form


class Index:
    """The phrases of all rules for one stemmer. It changes only as a cache does."""

    def __init__(self, rules: Sequence[RulePlan], tables: Tables, stem: Stem, lang: str) -> None:
        self.stem = stem
        self.lang = lang
        self.prefixed: dict[str, tuple[int, ...]] = {}
        self._sets = tables.sets_for(lang)
        self._set_searches: dict[int, tuple[AhoCorasick | None, list[tuple[int, ...]], list[int]]] = {}
        self._words: dict[str, str] = {}
        self._rule_words: dict[str, str] = {}
        self._anchored_prefixes: dict[str, list[int]] = {}
        self.needles = [self._needle(key) for key in tables.phrases]
        self.lexicons = [Lexicon(rows, lang, self._code) for rows in tables.lexicons]
        self._rule_words.clear()
        self.codes = _Codes(self._words, stem, self)
        self.surfaces = _Surfaces()
        self._proofs = bytearray(len(rules))
        self._forms: dict[int, list[str]] = {}
        self._single = array("l")
        self._shared: dict[int, tuple[int, ...]] = {}
        self._search = self._anchor(rules, tables)
        self.needs = Needs(rules, [needle.runs for needle in self.needles], self._sets)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._anchored_prefixes})

    def _needle(self, key: PhraseKey) -> Needle:
        first, *others = (key[start:end] for start, end in ranges([gap for _, _, gap in key]))
        return self._piece(first, tuple((words[0][2], self._piece(words)) for words in others))

    def _piece(self, words: PhraseKey, rest: tuple[tuple[int, Needle], ...] = ()) -> Needle:
        codes = [OTHER if how == "prefix" else self._code(text.casefold()) for text, how, _ in words]
        run, at = _longest_run(codes)
        checks: list[tuple[int, str, str]] = []
        for place, (text, how, _) in enumerate(words):
            if how != "stem":
                checks.append((place, text, how))
            elif not at <= place < at + len(run):
                checks.append((place, codes[place], "code"))
        return Needle(len(words), run, at, tuple(checks), rest)

    def _code(self, word: str) -> str:
        code = self._rule_words.get(word)
        if code is None:
            code = self._rule_words[word] = self._stem_code(self.stem(word))
        return code

    def _stem_code(self, stemmed: str) -> str:
        code = self._words.get(stemmed)
        if code is None:
            number = len(self._words) + _FIRST_CODE
            if len(self._words) >= MAX_WORDS:
                raise PermanentError(f"the watchlist has more than {MAX_WORDS} different words: split it")
            code = self._words[stemmed] = chr(number if number < 0xD800 else number + _SURROGATES)
        return code

    def code(self, word: str) -> str:
        """The character of a rule's word in the stream; OTHER for a word that no rule has."""
        return self._words.get(self.stem(word.casefold()), OTHER)

    def _anchor(self, rules: Sequence[RulePlan], tables: Tables) -> AhoCorasick | None:
        by_run: dict[str, dict[int, None]] = {}
        for number, rule in enumerate(rules):
            for phrase in rule.anchor_phrases:
                runs = self.needles[phrase].runs
                if runs:
                    by_run.setdefault(runs[0], {})[number] = None
                else:
                    prefix = max((text for text, _, _ in tables.phrases[phrase]), key=len)
                    self._anchored_prefixes.setdefault(prefix, []).append(number)
            if rule.plain >= 0 and not rule.exclude_negated:
                needle = self.needles[rule.plain]
                self._proofs[number] = needle.proof
                if needle.proof == 2:
                    self._forms[number] = [text for _, text, _ in needle.checks]
        for pattern, numbers in enumerate(by_run.values()):
            self._single.append(next(iter(numbers)) if len(numbers) == 1 else -1)
            if len(numbers) > 1:
                self._shared[pattern] = tuple(numbers)
        return _automaton(by_run)

    def note_prefixes(self, raw: str, form: str) -> None:
        """Remember the rules that have a prefix of this token as an anchor."""
        touched: list[int] = []
        for length in self._prefix_lengths:
            touched.extend(self._anchored_prefixes.get(form[:length], ()))
        if touched:
            self.prefixed[raw] = tuple(touched)

    def stream(self, raws: Iterable[str]) -> str:
        """One character for each raw token."""
        if len(self.codes) > MAX_CACHED_TOKENS:
            self.codes.clear()
            self.prefixed.clear()
            self.surfaces.clear()
        return "".join(map(self.codes.__getitem__, raws))

    def touched(self, stream: str, raws: Sequence[str]) -> Touched:
        """The rules that have an anchor phrase in the stream."""
        proven: dict[int, list[tuple[int, int]]] = {}
        others: set[int] = set()
        if self._search is not None:
            proofs, single = self._proofs, self._single
            form, forms = self.surfaces.__getitem__, self._forms
            for pattern, start, end in self._search.find_matches_as_indexes(stream, overlapping=True):
                only = single[pattern]
                for number in (only,) if only >= 0 else self._shared[pattern]:
                    proof = proofs[number]
                    if not proof:
                        others.add(number)
                    elif (
                        proof == 2
                        and raws[start:end] != forms[number]
                        and list(map(form, raws[start:end])) != forms[number]
                    ):
                        pass  # most words are written as the phrase has them, which is quicker to see
                    elif number in proven:
                        proven[number].append((start, end))
                    else:
                        proven[number] = [(start, end)]
        if self.prefixed:
            for raw in self.prefixed.keys() & raws:
                others.update(self.prefixed[raw])
        return proven, others

    def set_members(self, number: int, stream: str) -> Iterator[int]:
        """The phrases of a set that may occur in the stream."""
        members = self._sets[number]
        if len(members) <= _LARGE_SET:
            yield from members
            return
        search, phrases, unsearchable = self._set_search(number)
        yield from unsearchable
        if search is not None:
            hits = search.find_matches_as_indexes(stream, overlapping=True)
            for pattern in {pattern for pattern, _, _ in hits}:
                yield from phrases[pattern]

    def _set_search(self, number: int) -> tuple[AhoCorasick | None, list[tuple[int, ...]], list[int]]:
        if number not in self._set_searches:
            by_run: dict[str, dict[int, None]] = {}
            unsearchable = []
            for phrase in self._sets[number]:
                runs = self.needles[phrase].runs
                if runs:
                    by_run.setdefault(runs[0], {})[phrase] = None
                else:
                    unsearchable.append(phrase)
            phrases = [tuple(members) for members in by_run.values()]
            self._set_searches[number] = (_automaton(by_run), phrases, unsearchable)
        return self._set_searches[number]


def _automaton(runs: Iterable[str]) -> AhoCorasick | None:
    patterns = list(runs)
    return AhoCorasick(patterns, store_patterns=False) if patterns else None


def _longest_run(codes: Sequence[str]) -> tuple[str, int]:
    """The longest part without OTHER, and where it begins."""
    text = "".join(codes)
    run = max(text.split(OTHER), key=len)
    return run, text.find(run) if run else 0
