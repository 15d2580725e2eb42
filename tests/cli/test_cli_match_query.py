import json

import pytest
from click.testing import CliRunner

from newswatch.cli.app import newswatch

FEEDS = "feeds:\n- id: wire\n  url: https://wire.example/feed\n"
RECEIVERS = "receivers:\n- id: policy\n  channel: C0123456789\n"
WATCHLIST = """\
lists:
  opposes: [oppose, reject]
rules:
- id: outage
  query: outage
  notify: [policy]
"""


@pytest.fixture
def run(tmp_path):
    """Run `newswatch match` on a folder of its own; gives exit code, what was said, what was complained of."""
    for name, text in (("feeds", FEEDS), ("receivers", RECEIVERS), ("watchlist", WATCHLIST)):
        (tmp_path / f"{name}.yaml").write_text(text)

    def match(*arguments):
        result = CliRunner().invoke(newswatch, ["match", "--config", str(tmp_path), *arguments])
        return result.exit_code, result.stdout, result.stderr

    return match


def test_match_tries_a_query_with_the_lists_of_the_files(run):
    status, out, _ = run(
        "--query", "bank ONEAR/2 $opposes", "--title", "The bank rejects it; outage", "--json"
    )
    (match,) = json.loads(out)["matches"]
    assert status == 0
    assert match["rule"] == "query"
    assert [span["text"] for span in match["spans"]] == ["bank", "rejects"]


def test_match_tries_a_query_on_each_line_of_jsonl(run, tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": "a", "title": "bank"}\n{"id": "b", "title": "outage"}\n', "utf-8")
    status, out, _ = run("--query", "bank", "--jsonl", str(path))
    assert status == 0
    assert [len(json.loads(line)["matches"]) for line in out.splitlines()] == [1, 0]


def test_match_shows_with_carets_where_a_query_is_wrong(run):
    status, _, err = run("--query", "bank AND $oposes", "--title", "x")
    assert status == 1
    assert "did you mean $opposes?" in err
    assert "\n  bank AND $oposes\n           ^^^^^^^\n" in err


def test_match_warns_of_a_query_and_still_tries_it(run):
    status, out, err = run("--query", "US OR bank", "--title", "the bank")
    assert status == 0
    assert "write 'US'" in err
    assert "[bank]" in out


@pytest.mark.parametrize(
    "event",
    ["who=SEC does=$sues what=crypto exchange, bitcoin", "{who: SEC, does: $sues, what: [crypto exchange]}"],
)
def test_match_tries_an_event_in_either_form(run, event):
    status, out, _ = run("--event", event, "--title", "SEC sues crypto exchange; outage", "--json")
    (match,) = json.loads(out)["matches"]
    assert status == 0
    assert match["rule"] == "event"
    assert [(part["role"], part["text"]) for part in match["event"]] == [
        ("who", "SEC"),
        ("does", "sues"),
        ("what", "crypto exchange"),
    ]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("who=SEC", "does not say what is done"),
        ("SEC sues", "who=$regulators does=$sues"),
        ("does=$sue", "did you mean $sues"),
        ("does=$sues does=$fines", "`does` is given twice"),
        ("{does: $sues, whom: x}", "`whom` is not a part of an event"),
        ("{does: [$sues}", "is not a YAML mapping"),
        ("who= does=$sues", "`who` is empty"),
    ],
)
def test_match_says_what_is_wrong_with_an_event(run, event, said):
    status, _, complaint = run("--event", event, "--title", "SEC sues")
    assert status == 1
    assert said in complaint


def test_match_takes_a_query_or_an_event_and_not_both(run):
    status, _, complaint = run("--event", "does=$sues", "--query", "sues", "--title", "x")
    assert status == 2
    assert "not both" in complaint
