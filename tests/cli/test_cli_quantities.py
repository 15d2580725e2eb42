"""One of a thing is named in the singular, wherever a command counts."""

import pytest

from feed_server import story
from newswatch.quantity import quantity

pytestmark = pytest.mark.slow

ONE = """\
rules:
  - id: central-bank-opposes
    event: {who: central bank, does: opposes}
    notify: [policy]
"""


@pytest.fixture
def one_of_each(newsroom):
    """One feed with one item, one rule, one alert."""
    newsroom.write("watchlist.yaml", ONE)
    newsroom.write("receivers.yaml", "receivers:\n  - {id: policy, channel: C0123456789}\n")
    newsroom.site.serve("/wire", story(1, "The central bank opposes the plan"))
    newsroom.run()
    return newsroom


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check",), "1 feed, 1 rule, 1 receiver: fine"),
        (("doctor",), "1 feed, 1 rule, 1 receiver"),
        (("rule", "stats", "central-bank-opposes"), "1 item alerted; 0 not relevant"),
        (("rule", "explain", "central-bank-opposes"), "(1 entry)"),
        (("backtest",), "1 stored item since"),
        (("feeds", "preview", "wire"), "1 item, 0 without a date, 1 would match"),
        (("feeds", "import", "feeds.opml", "--dry-run"), "1 feed would be added, 0 left out."),
    ],
)
def test_one_is_named_in_the_singular(one_of_each, words, said):
    (one_of_each.config.parent / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline type="rss" xmlUrl="https://bank.example/press"/></body></opml>'
    )
    _, out, err = one_of_each.command(*words)
    assert said in " ".join((out + err).split())


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 stories"), (1, "1 story"), (2, "2 stories"), (1200, "1,200 stories")]
)
def test_quantity_has_the_form_of_the_noun_that_belongs_to_the_number(number, text):
    assert quantity(number, "story", "stories") == text


def test_plural_of_most_nouns_needs_no_saying():
    assert [quantity(number, "feed") for number in (1, 3)] == ["1 feed", "3 feeds"]
