"""Makes the tables of word forms in plugins/newswatch/rules/data/forms from simplemma's dictionaries.

    pip install simplemma==2.0.0 PyStemmer
    python -m devtools.word_forms en ru de fr es

simplemma (MIT licence) knows the lemma of each form but takes seconds to load. A table keeps only the forms
that Snowball gets wrong: those whose stem is shared with another lemma, and those of a lemma with several stems.
For every other form the stem is the same class of words as the lemma.

A table is zlib-compressed UTF-8: a line for each form, sorted by code point, with the form, a space, how many
letters to cut from its end (one letter, "a" for none), and what to add to get the lemma.
"""

from __future__ import annotations

import argparse
import sys
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import Stemmer

FOLDER = Path(__file__).resolve().parent.parent / "plugins/newswatch/rules/data/forms"
SNOWBALL = {"en": "english", "ru": "russian", "de": "german", "fr": "french", "es": "spanish"}
NOUNS = """
accounting amazing banking building clothing cunning engineering evening housing lightning manufacturing marketing
mining morning outstanding pudding shipping sibling spring stocking string trading wedding willing"""
"""Words in -ing that count as words of their own."""

IRREGULAR = """
bear beat become begin bend bet bid bind bite bleed blow break breed bring build buy cast catch choose come cost cut
deal do draw drink drive eat fall feed feel fight find fly forbid forget freeze get give go grow hang have hear hide
hit hold hurt keep know lay lead leave lend let lie light lose make mean meet pay put quit read ride ring rise run
say see seek sell send set shake shed shoot show shut sing sink sit sleep slide speak spend spin split spread stand
steal stick strike swear sweep swim swing take teach tear tell think throw understand wake wear win write"""
"""Verbs whose past does not end in -ed."""

MAX_LENGTH = 20
"""Longer words are compounds, which have regular forms."""


def lemmas(lang: str) -> dict[str, str]:
    """The lemma by simplemma of each folded word that consists of letters."""
    # Not a dependency of the project: install it to make the tables.
    simplemma: Any = import_module("simplemma.strategies")
    source = simplemma.DefaultDictionaryFactory().get_dictionary(lang)
    found: dict[str, str] = {}
    for form, lemma in ((folded(form), folded(source[form])) for form in sorted(source)):
        # Capitals sort first. A common word replaces a name, but in German the noun stays: Haus, not hausen.
        is_first_choice = lang != "de" or form not in found
        if is_first_choice and form.isalpha() and lemma.isalpha() and 1 < len(form) <= MAX_LENGTH:
            found[form] = lemma
    return with_verbs(found) if lang == "en" else found


def with_verbs(found: Mapping[str, str]) -> dict[str, str]:
    """English, with the -ing and -ed forms of verbs put right.

    simplemma takes many participles for nouns (filing, hearing), and guesses some infinitives (growe, cancell).
    """
    sizes = Counter(found.values())
    fixed = dict(found)
    for form, lemma in found.items():
        ending = next((end for end in ("ing", "ed") if form.endswith(end) and len(form) > len(end) + 2), "")
        if not ending or form in NOUNS.split():
            continue
        base = form[: -len(ending)]
        verbs = [base + "e", *[base[:-1]] * (base[-1] == base[-2]), base]
        verbs = [
            verb for verb in verbs if found.get(verb) == verb and sizes[verb] >= 3 and _is_verb(verb, found)
        ]
        noun = lemma == form and ending == "ing"
        guessed = sizes[lemma] <= 2 and lemma in (base, base + "e")
        if verbs and (noun or guessed):
            fixed[form] = verbs[0]
    return fixed


def _is_verb(word: str, found: Mapping[str, str]) -> bool:
    pasts = (word + "ed", word + "d", word + word[-1] + "ed")
    return any(found.get(past) == word for past in pasts) or word in IRREGULAR.split()


def folded(word: str) -> str:
    """As the matcher compares words."""
    return unicodedata.normalize("NFKC", word).casefold()


def needed(forms: Mapping[str, str], snowball: str) -> dict[str, str]:
    """The forms for which the stem alone would join two lemmas or separate one."""
    stem = Stemmer.Stemmer(snowball, 0).stemWord
    stems_of: dict[str, set[str]] = defaultdict(set)
    lemmas_of: dict[str, set[str]] = defaultdict(set)
    for form, lemma in forms.items():
        stems_of[lemma].add(stem(form))
        lemmas_of[stem(form)].add(lemma)
    irregular = {
        lemma
        for lemma, stems in stems_of.items()
        if len(stems) > 1 or any(len(lemmas_of[one]) > 1 for one in stems)
    }
    return {form: lemma for form, lemma in forms.items() if lemma in irregular}


def lines(forms: Mapping[str, str]) -> Iterator[str]:
    """The table's lines."""
    for form, lemma in sorted(forms.items()):
        kept = 0
        while kept < min(len(form), len(lemma)) and form[kept] == lemma[kept]:
            kept += 1
        yield f"{form} {chr(ord('a') + len(form) - kept)}{lemma[kept:]}\n"


def main(languages: Iterable[str]) -> None:
    """Write the tables of these languages."""
    FOLDER.mkdir(exist_ok=True)
    for lang in languages:
        every = lemmas(lang)
        kept = needed(every, SNOWBALL[lang])
        table = zlib.compress("".join(lines(kept)).encode(), 9)
        (FOLDER / f"{SNOWBALL[lang]}.z").write_bytes(table)
        print(f"{lang}: {len(every):,} forms, {len(kept):,} kept, {len(table):,} bytes", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="+", choices=sorted(SNOWBALL))
    main(parser.parse_args().languages)
