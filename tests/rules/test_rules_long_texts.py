"""Long and hostile texts: what a rule finds in them, and that they take no long time."""

import pytest

from hostile_texts import hostile
from newswatch.models import Event, Rule
from newswatch.rules import ItemText, budget, compile_watchlist
from newswatch.rules.budget import TooCostly

FILLER = "Prices rose again last month and analysts see more of the same."
STORY = "The central bank opposes the legalisation of crypto mining."


@pytest.fixture(scope="module")
def watchlist():
    bank = Event(who=("$central_banks",), does=("$opposes",))
    fines = Event(
        who=("$regulators", "$central_banks"), does=("$fines", "$probes", "$sues"), what=("$crypto",)
    )
    rules = [
        Rule("bank", event=bank),
        Rule("fines", event=fines),
        Rule("near", query="central NEAR/1000 bank NEAR/1000 crypto NEAR/1000 mining"),
        Rule("sentence", query="bank NEAR/S crypto"),
    ]
    return compile_watchlist(rules, {})


def names(watchlist, text):
    return {match.rule_id for match in watchlist.match(ItemText(title="x", body=text))}


@pytest.mark.parametrize("before", range(12, 24))
def test_event_is_found_wherever_it_stands_in_a_long_paragraph(watchlist, before):
    assert "bank" in names(watchlist, " ".join([FILLER] * before + [STORY] + [FILLER] * 30))


def test_event_is_found_in_a_long_paragraph_without_sentences(watchlist):
    words = " ".join(["prices rose again"] * 50)
    assert "bank" in names(watchlist, f"{words}, the central bank opposes crypto mining, {words}")


def test_parts_of_a_long_paragraph_are_not_read_across_their_borders(watchlist):
    """The actor ends one sentence, the verb begins the next."""
    for before in range(12, 24):
        text = " ".join(
            [FILLER] * before + ["He spoke to the central bank.", "Opposes it all."] + [FILLER] * 20
        )
        assert "bank" not in names(watchlist, text)


def test_words_far_apart_are_found_near_each_other(watchlist):
    gap = " ".join(["word"] * 900)
    assert "near" in names(watchlist, f"central bank {gap} crypto mining")
    assert "near" not in names(watchlist, f"central bank {gap} word {gap} crypto mining")


def test_text_of_nothing_but_the_words_of_rules_is_matched(watchlist):
    """Two hundred thousand characters, as much as a feed may send."""
    assert names(watchlist, hostile(1, 28_000)) == {"bank", "fines", "near", "sentence"}


def test_text_that_takes_too_long_is_refused(watchlist, monkeypatch):
    monkeypatch.setattr(budget, "MOST_S", 0.0)
    text = hostile(1, 4_000)
    with pytest.raises(TooCostly, match="s of processor time: its text is long"):
        names(watchlist, text)
    assert "bank" in names(watchlist, STORY)
