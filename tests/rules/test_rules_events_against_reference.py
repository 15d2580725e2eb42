"""Events against a reference that is slow and obviously right, for the templates that need no word classes."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from newswatch.models import Event, Rule
from newswatch.rules import ItemText, compile_watchlist

ALL = ("stated", "possible", "denied", "question")
WATCHLIST = compile_watchlist(
    [Rule("r", event=Event(who=("Riksbank",), does=("$opposes",)), modality=ALL)],
    {"opposes": ("$opposes", "NOT against")},
)

WORDS = [
    "Riksbank",
    "came",
    "out",
    "against",
    "opposition",
    "by",
    "from",
    "new",
    "plan",
    "after",
    "who",
    "despite",
]
BREAKERS = {"who", "after", "despite"}
PREPOSITIONS = {"by", "from", "against"}
BACKGROUND = {"after", "despite", "against", "from", "by"}
SEPARATORS = [" ", " ", " ", ", ", "; ", ". "]


class Reference:
    """Reads a list of (word, what follows it)."""

    def __init__(self, pieces):
        self.words = [word for word, _ in pieces]
        self.after = [separator for _, separator in pieces]

    def one_clause(self, first, last):
        return not any(mark in gap for gap in self.after[first:last] for mark in ";.")

    def one_sentence(self, first, last):
        return not any("." in gap for gap in self.after[min(first, last) : max(first, last)])

    def verbs(self):
        """Places of `come out ~2 against`: the first word, and the place after the last."""
        for at in range(len(self.words)):
            if self.words[at : at + 2] != ["came", "out"] or not self.one_clause(at, at + 1):
                continue
            for last in range(at + 2, min(at + 5, len(self.words))):
                if not self.one_clause(last - 1, last) or (
                    last > at + 2 and self.words[last - 1] in BREAKERS
                ):
                    break
                if self.words[last] == "against":
                    yield at, last + 1
                    break

    def names(self):
        return [at for at, word in enumerate(self.words) if word == "Riksbank"]

    def nouns(self):
        return [at for at, word in enumerate(self.words) if word == "opposition"]

    def broken(self, start, end):
        commas = [at for at in range(start - 1, end) if "," in self.after[at]]
        aside = range(commas[0] + 1, commas[-1] + 1) if len(commas) > 1 else ()
        return any(self.words[at] in BREAKERS for at in range(start, end) if at not in aside)

    def before(self, at, kinds, most):
        """Whether one of `kinds` is before the place, articles left out, at most so many words back."""
        for back in range(1, most + 1):
            if at - back < 0 or not self.one_clause(at - back, at - back + 1):
                return False
            if self.words[at - back] in kinds:
                return True
            if self.words[at - back] != "new":
                return False
        return False

    def active(self, name, start, end):
        by_follows = end < len(self.words) and self.words[end] == "by"
        near = 0 <= start - name - 1 <= 5 and self.one_clause(name, end - 1)
        return (
            near and not by_follows and not self.broken(name + 1, start) and not self.after_preposition(name)
        )

    def opens(self, name):
        return name < 2 or not self.one_clause(name - 2, name)

    def after_preposition(self, name):
        at = name - 1
        while at >= 0 and self.words[at] == "new":
            at -= 1
        return at >= 0 and self.one_clause(at, name) and self.words[at] in PREPOSITIONS

    def passive(self, name, start, end):
        near = 0 <= name - end <= 5 and "by" in self.words[end - 1 : name]
        return near and self.one_sentence(start, name)

    def noun(self, name, at):
        ahead = 0 <= at - name - 1 <= 3 and self.one_clause(name, at)
        by_between = "by" in self.words[name + 1 : at]
        if (
            ahead
            and not by_between
            and not self.before(name, BACKGROUND, 2)
            and not self.broken(name + 1, at)
        ):
            return True
        by = 0 < name - at - 1 <= 4 and self.words[at + 1] in {"by", "from"}
        return by and self.one_clause(at, name)

    def matches(self):
        return any(
            self.active(name, *verb) or self.passive(name, *verb)
            for name, verb in product(self.names(), list(self.verbs()))
        ) or any(self.noun(name, at) for name, at in product(self.names(), self.nouns()))


@settings(max_examples=1_500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SEPARATORS)), min_size=2, max_size=12))
def test_event_is_found_where_the_reference_finds_it(pieces):
    text = "".join(word + separator for word, separator in pieces)
    expected = Reference(pieces).matches()
    assert bool(WATCHLIST.match(ItemText(title=text))) == expected, text
