"""An event rule in words: its query, and which part an item lacks."""

import pytest

from newswatch.models import Event, Rule
from newswatch.rules import ItemText, compile_watchlist, explain_event
from newswatch.rules.nearest import Reading
from newswatch.rules.query import parse_query

EVENT = Event(who=("ECB", "Riksbank"), does=("$opposes",), what=("levy", "tax"), unless=("cricket",))


def nearness(title, event=EVENT, **item):
    return Reading(ItemText(title=title, lang="en", **item), {}).nearness(Rule("r", event=event))


@pytest.mark.parametrize(
    ("title", "cause", "text"),
    [
        ("Riksbank opposes the merger", "absent", "nothing of `what: levy or tax` is in the title"),
        ("Ministry opposes the levy", "absent", "nothing of `who: ECB or Riksbank`"),
        ("Riksbank and the levy", "absent", "nothing of `does: $opposes`"),
        ("Riksbank does not oppose the levy", "negated", "denied, or said to be over"),
        ("Does the Riksbank oppose the levy?", "question", "asked, not stated"),
        (
            "Riksbank opposes the levy on cricket",
            "excluded",
            "“cricket” in the title is excluded by `unless: cricket`",
        ),
        (
            "Ministers who know the Riksbank say that they oppose a levy",
            "apart",
            "does not say that the one does",
        ),
    ],
)
def test_what_keeps_an_event_from_matching_is_named(title, cause, text):
    (failing,) = nearness(title).failing
    assert failing.cause == cause
    assert text in failing.text


def test_event_in_two_fields_is_separate():
    (failing,) = nearness("Riksbank meets", summary="Ministers oppose the levy").failing
    assert failing.cause == "separate"


def test_event_that_matches_lacks_nothing_and_the_nearer_has_the_larger_share():
    assert nearness("Riksbank opposes the levy").failing == ()
    shares = [
        nearness(title).share
        for title in ("weather", "Riksbank opposes it", "Riksbank does not oppose the levy")
    ]
    assert shares == sorted(shares)
    assert nearness("Riksbank opposes the levy").share == 1


@pytest.mark.parametrize(
    "event",
    [
        EVENT,
        Event(does=("$bans", "$fines")),
        Event(does=("$prohibits",), what=("$crypto",)),
        Event(who=("$services",), does=("$fails",)),
        Event(who=("SEC",), does=("sues",), what=("crypto exchange",)),
    ],
)
def test_query_of_an_event_is_one_of_the_query_language(event):
    explained = explain_event(event, ("stated",), {})
    parse_query(explained.query, {})
    assert explained.guards
    assert {name for name, _, _ in explained.parts} <= {"who", "does", "what", "unless"}


@pytest.mark.parametrize(
    "title",
    [
        "Riksbank opposes levy",
        "Levy opposed by the Riksbank as ministers meet",
        "Riksbank opposition stalls tax bill",
        "ECB warns banks against tax tricks",
    ],
)
def test_query_of_an_event_matches_what_the_event_matches(title):
    query = explain_event(EVENT, ("stated",), {}).query
    watchlist = compile_watchlist([Rule("event", event=EVENT), Rule("query", query)], {})
    assert [match.rule_id for match in watchlist.match(ItemText(title=title))] == ["event", "query"]
