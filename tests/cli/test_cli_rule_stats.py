"""`newswatch rule stats`: a rule's hits by the term that hit, with what readers said."""

from __future__ import annotations

from datetime import timedelta

from cli_marks import reader_says
from feed_server import story

WATCHLIST = """\
rules:
  - id: bank
    event: {who: [central bank, "'ECB'"], does: [opposes, dissents]}
    notify: [policy]
  - id: fined
    query: (regulator OR watchdog) ONEAR/3 fines
    notify: [policy]
"""
TITLES = {
    1: "Central bank opposes the levy on cash",
    2: "ECB opposed merger of two lenders, minutes show",
    3: "Central bank governor dissents over rates",
    4: "ECB dissents on wording of statement",
    5: "Regulator fines broker in fraud case",
}


def published(room, old: tuple[int, ...] = ()) -> None:
    room.watchlist(WATCHLIST)
    long_ago = room.clock() - timedelta(days=3)
    items = [
        story(number, title, **({"published": long_ago} if number in old else {}))
        for number, title in TITLES.items()
    ]
    room.site.serve("/wire", *items)
    room.run()


def test_hits_are_counted_by_term_with_what_readers_said(newsroom):
    published(newsroom)
    reader_says(newsroom, "irrelevant", "Central bank governor", "ECB dissents")
    reader_says(newsroom, "ack", "Central bank opposes")
    answer = newsroom.json("rule", "stats", "bank")
    figures = {(one["part"], one["term"]): one for one in answer["terms"]}
    assert {key: (one["hits"], one["irrelevant"], one["acknowledged"]) for key, one in figures.items()} == {
        ("who", "Central bank"): (2, 1, 1),
        ("who", "ECB"): (2, 1, 0),
        ("does", "dissents"): (2, 2, 0),
        ("does", "opposed"): (2, 0, 1),
    }
    assert figures["does", "opposed"]["forms"] == {"opposed": 1, "opposes": 1}
    assert (answer["alerted"], answer["irrelevant"], answer["acknowledged"]) == (4, 2, 1)


def test_words_of_a_query_are_its_terms(newsroom):
    published(newsroom)
    terms = newsroom.json("rule", "stats", "fined")["terms"]
    assert [(one["part"], one["term"], one["hits"]) for one in terms] == [
        (None, "Regulator", 1),
        (None, "fines", 1),
    ]


def test_stored_items_without_an_alert_count_too(newsroom):
    published(newsroom, old=(1, 2))
    answer = newsroom.json("rule", "stats", "bank")
    assert (answer["alerted"], answer["stored"]) == (2, 2)
    assert sum(one["hits"] for one in answer["terms"] if one["part"] == "does") == 4


def test_table_says_what_it_is_about(newsroom):
    published(newsroom)
    status, out, err = newsroom.command("rule", "stats", "bank")
    assert status == 0
    assert "dissents\tdoes\t2\t0\t0" in out
    assert "bank: 4 items alerted; 0 not relevant" in err


def test_unknown_rule_is_named(newsroom):
    status, _, err = newsroom.command("rule", "stats", "bnak")
    assert status == 1
    assert "no rule 'bnak'" in err
