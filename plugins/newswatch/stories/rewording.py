"""Whether an edit changes what a text says, or only how it is written. Pure.

Two texts are compared word by word. These differences are cosmetic: white space, quotes, dashes, case, accents, the form
of numbers and abbreviations, words written together or apart, small words such as "the", a typing error, the ending of a
verb, a marker such as "UPDATE 1-" or "live updates", the name of the outlet. Everything else changes the text. One letter inside a word counts
as a typing error, unless both are words (`lookalikes`).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from newswatch.stories.lookalikes import LOOKALIKES
from newswatch.stories.title_frame import without_frame

MOST_CHARS = 20_000
"""So much of each text is compared."""

_LIGHT = frozenset(
    """a an the that of in on at for and is are was were has have had be been its their
    der die das des dem den ein eine und le la les l un une et de du el los las y en del al se su sus""".split()  # noqa: SIM905
)
"""Words that may come or go. None of them denies, qualifies or turns round what is said, as "not", "may", "by" do."""
_DASHES = re.compile(r"[-‐‑‒–—―−_/]+")
_POSSESSIVE = re.compile(r"(?<=\w)['’ʼ`´]s?\b")
_APOSTROPHE = re.compile(r"(?<=\w)['’ʼ`´](?=\w)")
_DOTTED = re.compile(r"\b(?:\w\.){2,}")
_THOUSANDS = re.compile(r"(?<=\d)[,\u00a0\u202f' ](?=\d{3}(?!\d))")
_DECIMALS = re.compile(r"(\d)[.,](\d{1,2})(?!\d)")
_AFTER_NUMBER = re.compile(r"(\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(rf"\d+(?:\.\d+)?|[{_CJK}]|[^\W\d_{_CJK}]+|[%$€£¥₹]")
_TRUNCATED = re.compile(r"\s*(?:\.{3,}|…|\[…\]|\[\.\.\.\])\s*$")
_PHRASES = (
    (re.compile(r"\bunited states(?: of america)?\b|\busa\b"), "us"),
    (re.compile(r"\bunited kingdom\b"), "uk"),
    (re.compile(r"\bunited nations\b"), "un"),
    (re.compile(r"\beuropean union\b"), "eu"),
    (re.compile(r"\bper ?cent\b|\bpercent\b|\bpct\b|\bprozent\b"), "%"),
    (re.compile(r"\bpercentage points?\b|(?<=\d)\s*pp\b"), "pp"),
    (re.compile(r"\bbasis points?\b|\bbps\b"), "bp"),
    (re.compile(r"\b(?:us|u\.s\.)\s*\$|\$us(?=\d)"), "$"),
    (re.compile(r"\bby (?=\d[\d.,]*\s*(?:%|bp|pp|points?\b))"), ""),
    (re.compile(r"\bversus\b"), "vs"),
    (re.compile(r"\bbreaking news\b"), "breaking"),
)
_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve",
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "- zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "- deux trois quatre cinq six sept huit neuf dix onze douze",
    "- два три четыре пять шесть семь восемь девять десять",
)
"""The words for 1, 2, 3 … in several languages."""
_FORMS = {
    **{word: str(n) for words in _NUMBERS for n, word in enumerate(words.split(), 1)},
    "govt": "government",
    "gov": "governor",
    "sen": "senator",
    "rep": "representative",
    "v": "vs",
    "pres": "president",
    "dept": "department",
    "intl": "international",
    "exec": "executive",
    "execs": "executives",
    "cannot": "cant",
    "st": "saint",
    "okay": "ok",
    "gray": "grey",
    "tyre": "tire",
    "jan": "january",
    "feb": "february",
    "mar": "march",
    "apr": "april",
    "aug": "august",
    "sept": "september",
    "sep": "september",
    "oct": "october",
    "nov": "november",
    "dec": "december",
}
_ORDINALS = {"1st": "first", "2nd": "second", "3rd": "third"}
_MAGNITUDES = {
    **dict.fromkeys(("m", "mn", "mln", "mio", "million", "millions"), "million"),
    **dict.fromkeys(("b", "bn", "bln", "billion", "billions"), "billion"),
    **dict.fromkeys(("t", "tn", "trn", "trillion", "trillions"), "trillion"),
    **dict.fromkeys(("k", "thousand"), "thousand"),
}
_CURRENCIES = {"dollars": "$", "dollar": "$", "euros": "€", "euro": "€", "pounds": "£", "rupees": "₹"}
_FEWEST_TYPO_CHARS = 4
_FEWEST_EDGE_CHARS = 6
"""A missing first or last letter is a typing error in a longer word only."""
_FEWEST_STEM_CHARS = 3
_ENDINGS = ("", "s", "es", "d", "ed", "ing")
_VERB_ENDINGS = tuple(
    frozenset(endings.split())
    for endings in (
        "a o an e en ando aron io ieron",
        "e es ent a ait aient er",
        "ет ют ает ают яет яют ит ят ил ила ило или ал ала ало али ел",
    )
)
"""Of Spanish, French and Russian verbs that say the same of another time or of more people: not conditionals."""
_FEWEST_VERB_CHARS = 4
_DOUBLED = re.compile(r"(.)\1+")


def is_reworded(old: str, new: str, outlets: Iterable[str] = ()) -> bool:
    """Whether the new text says something else than the old one.

    `outlets` are names by which the outlet is known, such as its domain. An empty text says nothing: its appearing or
    disappearing is not a rewording, because feeds leave out parts of their items now and then.
    """
    old, new = _plain(old), _plain(new)
    names = tuple(outlets)
    before, after = without_frame(old, names), without_frame(new, names)
    if not before.strip() or not after.strip():
        return False
    if _is_cut(before, after) or _is_cut(after, before):
        return False
    first, second = words_of(before), words_of(after)
    if not first or not second:
        return False
    return not (_same(first, second) or _turned(before, second) or _turned(after, first))


def words_of(text: str) -> list[str]:
    """The words of a text in one spelling: folded, without punctuation, numbers and abbreviations in one form."""
    text = unicodedata.normalize("NFKD", _plain(text).casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = unicodedata.normalize("NFKC", text)
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    text = _DASHES.sub(" ", text).replace("&", " and ")
    for pattern, form in _PHRASES:
        text = pattern.sub(form, text)
    text = _APOSTROPHE.sub("", _POSSESSIVE.sub("", text))
    text = _THOUSANDS.sub("", text)
    text = _DECIMALS.sub(lambda found: f"{found[1]}.{found[2]}", text)
    return _forms(_TOKEN.findall(text))


def overlap(old: str, new: str) -> float:
    """Which share of the words of the longer text both have; 0 to 1."""
    first, second = Counter(words_of(old)), Counter(words_of(new))
    longer = max(first.total(), second.total())
    return (first & second).total() / longer if longer else 0.0


def _plain(text: str) -> str:
    text = html.unescape(text[:MOST_CHARS])
    kept = (char for char in text if unicodedata.category(char) != "Cf" and char != "\ufffd")
    return " ".join("".join(kept).split())


def _forms(tokens: Sequence[str]) -> list[str]:
    words: list[str] = []
    for token in tokens:
        number = bool(words) and words[-1][0].isdigit()
        word = _FORMS.get(token, token)
        if number and token in _MAGNITUDES:
            word = _MAGNITUDES[token]
        elif number and token in ("st", "nd", "rd", "th"):
            words[-1] = _ORDINALS.get(words[-1] + token, words[-1] + token)
            continue
        elif token in _CURRENCIES and (number or (words and words[-1] in _MAGNITUDES.values())):
            word = _CURRENCIES[token]
        if word[0].isdigit() and "." in word:
            word = word.rstrip("0").rstrip(".")
        if word in "$€£¥₹" and words and (number or words[-1] in _MAGNITUDES.values()):
            at = len(words) - 1
            while at > 0 and not words[at][0].isdigit():
                at -= 1
            words.insert(at, word)
            continue
        if not words or words[-1] != word or word[0].isdigit():
            words.append(word)
    return words


def _is_cut(whole: str, part: str) -> bool:
    """Whether `part` is the beginning of the other, cut where it is shown."""
    head = _TRUNCATED.sub("", part)
    if len(head) < len(part):
        return len(head) > 20 and words_of(whole)[: len(words_of(head)) - 1] == words_of(head)[:-1]
    following = whole[len(part) : len(part) + 1]
    return len(part) > 40 and whole.startswith(part) and following.isalnum() and part[-1].isalnum()


def _turned(text: str, words: Sequence[str]) -> bool:
    """Whether the parts before and after the text's colon only changed places: "Report: X" and "X: report"."""
    before, colon, after = text.partition(": ")
    return bool(colon) and _same([*words_of(after), *words_of(before)], words)


def _same(old: Sequence[str], new: Sequence[str]) -> bool:
    if list(old) == list(new):
        return True
    for before, after in ((old, new), (_without_light(old), _without_light(new))):
        matcher = SequenceMatcher(None, before, after, autojunk=False)
        parts = [(before[a:b], after[c:d]) for what, a, b, c, d in matcher.get_opcodes() if what != "equal"]
        if all(_alike(one, other) for one, other in parts):
            return True
    return False


def _without_light(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _LIGHT]


def _alike(old: Sequence[str], new: Sequence[str]) -> bool:
    if any(word[0].isdigit() or not word.isalpha() for word in (*old, *new)):
        return "".join(old) == "".join(new) != ""
    if "".join(old) == "".join(new) != "":
        return True
    return len(old) == len(new) and all(map(_is_variant, old, new))


def _is_variant(old: str, new: str) -> bool:
    """Whether two words are one word, misspelt, spelt another way, or with another ending."""
    if old == new:
        return True
    first, second = (_DOUBLED.sub(r"\1", word.replace("ph", "f")) for word in (old, new))
    if first == second and min(len(old), len(new)) >= _FEWEST_TYPO_CHARS:
        return True
    if _is_ending(first, second) or _is_ending(second, first):
        return True
    if _is_inflected(old, new) or _is_inflected(first, second):
        return True
    return _is_slip(old, new) and not (_is_word(old) and _is_word(new))


def _is_word(word: str) -> bool:
    return not LOOKALIKES.isdisjoint((word, f"{word}s", word.removesuffix("s")))


def _is_ending(one: str, other: str) -> bool:
    """Whether the second word is the first one with another ending: raise, raises, raised, raising."""
    stems = {one, one.removesuffix("e")} | {
        one[: -len(ending)] for ending in _ENDINGS[1:] if one.endswith(ending)
    }
    return any(
        other.removeprefix(stem) in (*_ENDINGS, "e") and other.startswith(stem)
        for stem in stems
        if len(stem) >= _FEWEST_STEM_CHARS
    )


def _is_inflected(one: str, other: str) -> bool:
    """Whether two words are forms of one verb: llama, llamó; appelle, appelait; выступает, выступил."""
    stem = _shared_chars(one, other)
    endings = {one[stem:], other[stem:]}
    return stem >= _FEWEST_VERB_CHARS and any(endings <= known for known in _VERB_ENDINGS)


def _shared_chars(one: str, other: str) -> int:
    """How many characters two words have in common from their beginning."""
    least = min(len(one), len(other))
    return next((at for at in range(least) if one[at] != other[at]), least)


def _is_slip(one: str, other: str) -> bool:
    """Whether it takes one slip of the finger: two letters swapped, or a letter inside more, less, doubled or another."""
    start = _shared_chars(one, other)
    short, long = sorted((one[start:], other[start:]), key=len)
    if len(one) == len(other) == 2:
        return one == other[::-1] and "no" not in (one, other)
    if len(short) == len(long):
        swapped = short[:2] == long[1::-1] and short[2:] == long[2:]
        changed = start > 0 and short[1:] == long[1:]
        least = _FEWEST_TYPO_CHARS if len(short) > 1 else _FEWEST_EDGE_CHARS
        return (swapped and len(one) > 2) or (changed and len(one) >= least)
    missing = long[1:] == short
    least = _FEWEST_TYPO_CHARS if start > 0 and short else _FEWEST_EDGE_CHARS
    return missing and max(len(one), len(other)) >= least
