"""Live results and headlines beside a rule that is being written: from the form, and from a file."""

import html
import json
import re

import pytest

from feed_server import story
from newsroom import WATCHLIST
from newswatch.pipeline.authoring import live_results

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
RULE = "central-bank-opposes"


@pytest.fixture
def ada(visit, newsroom):
    newsroom.site.serve(
        "/wire",
        story(1, "The central bank opposes mining"),
        story(2, "Key rates rise again", "The bank said so."),
    )
    newsroom.run()
    return visit("ada")


def post(client, path, **body):
    return client.post(f"/newswatch/api/rules/{path}", json=body, headers=WRITE)


def live(client, **body):
    """The fragment, once everything that is stored is in the index."""
    for _ in range(200):
        answer = post(client, "live", **body)
        if answer.status_code != 200 or "data-again" not in answer.text:
            return answer
    raise AssertionError(answer.text)


def in_file(text=WATCHLIST, rule=RULE, **more):
    return {"name": "watchlist.yaml", "text": text, "rule": rule, **more}


def repairs_in(text):
    return [json.loads(html.unescape(one)) for one in re.findall(r"data-repair='([^']*)'", text)]


def test_new_rule_shows_what_it_would_have_caught_with_its_words_marked(ada):
    text = live(ada, fields={"query": "key rates"}).text
    assert "1 item in 1 story" in text
    assert "An item matches if it has <code>key rates</code>." in text
    assert "<mark>Key rates</mark> rise again" in text
    assert "the most on" in text
    assert "against the rule in force" not in text
    assert re.search(r'href="/newswatch/why\?item=wire%3A[0-9a-f]{16}"', text)


def test_phrase_that_catches_nothing_is_offered_with_other_words_between(ada):
    text = live(ada, fields={"query": "rates of the again"}).text
    assert "0 items in 0 stories" in text
    (offered,) = repairs_in(text)
    assert offered == {"query": "rates NEAR/6 again", "modality": ["stated", "possible"]}
    assert "1 item in 1 story" in live(ada, fields={"query": offered["query"]}).text
    for query in ("key rates", "rates AND nowhere", '"rates" "again"', "nowhere"):
        assert not repairs_in(live(ada, fields={"query": query}).text), query


def test_what_the_first_answer_left_is_counted_when_it_is_asked_again(ada, newsroom, monkeypatch):
    whole = live(ada, fields={"query": "/./"}).text
    monkeypatch.setattr(live_results, "FEWEST", 1)
    monkeypatch.setattr(live_results, "LONGEST_S", 0.0)
    first = post(ada, "live", fields={"query": "/./"}).text
    assert "1 item in 1 story</strong> so far" in first
    assert re.search(r"data-more>[01] of 8 days counted: 1 of 2 possible items", first)
    assert re.search(r"<title>\w+ \d+ \w+: not counted yet</title>", first)
    assert "in the last 7 days" not in first
    assert post(ada, "live", fields={"query": "/./"}, more=True).text == whole
    assert "2 items in 2 stories</strong> in the last 7 days" in whole
    assert "data-more" not in whole


def test_changed_rule_says_that_its_figures_are_not_complete_yet(ada, monkeypatch):
    edited = WATCHLIST.replace("central bank opposes", "/./")
    changed(ada, edited)
    monkeypatch.setattr(live_results, "FEWEST", 1)
    monkeypatch.setattr(live_results, "LONGEST_S", 0.0)
    (row,), text = changed(ada, edited)
    assert row[2:4] == ["1+", "1+"]
    assert "data-more" in text
    answer = post(ada, "changed", name="watchlist.yaml", text=edited, more=True).text
    assert '<td data-label="Items in 7 days">2</td>' in answer
    assert "data-more" not in answer


def test_edit_is_compared_with_the_rule_in_force(ada):
    text = live(ada, rule=RULE, fields={"query": "key rates"}).text
    assert "gains 1" in text
    assert "loses 1" in text
    assert "<mark>central bank opposes</mark> mining" in text


def test_draft_of_a_file_is_asked_about_with_its_own_lists(ada):
    changed = "lists: {up: [rise]}\n" + WATCHLIST.replace("central bank opposes", "rates ONEAR/1 $up")
    assert "gains 1" in live(ada, **in_file(changed)).text
    assert "Put the cursor into a rule" in live(ada, **in_file(changed, rule="")).text
    assert "has errors" in live(ada, **in_file("rules: 3")).text


def changed(client, text):
    for _ in range(200):
        answer = post(client, "changed", name="watchlist.yaml", text=text)
        if answer.status_code != 200 or "data-again" not in answer.text:
            break
    return [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in answer.text.split("<tr>")[2:]], answer.text


def test_each_changed_rule_of_a_draft_is_tried(ada):
    assert changed(ada, WATCHLIST)[0] == []
    edited = WATCHLIST.replace("central bank opposes", "key rates")
    rows, _ = changed(ada, f"{edited}  - {{id: more, query: opposes mining, notify: [policy]}}\n")
    assert [row[:6] for row in rows] == [
        [RULE, "changed", "1", "1", "1", "1"],
        ["more", "added", "1", "1", "1", "0"],
    ]
    (first, *_), text = changed(
        ada, "rules: [{id: more, query: rates AND $up, notify: [policy]}]\nlists: {up: [rise]}\n"
    )
    assert first[:3] == ["more", "added", "1"]
    assert f'<th scope="row">{RULE}</th>' in text
    assert '<td data-label="Loses">1</td>' in text
    assert "has errors" in changed(ada, "rules: 3")[1]


def test_unfinished_rule_says_what_is_missing(ada):
    # its field shows the error
    assert "Correct the rule first" in live(ada, fields={"query": "bank AND"}).text
    assert "Write the words to look for" in live(ada, fields={"query": " "}).text
    assert "Say what is done" in live(ada, fields={"kind": "event", "who": "$regulators"}).text
    assert "Correct the rule first" in post(ada, "try", fields={"query": "bank AND"}, headlines="a b").text
    assert post(ada, "try", fields={"query": "bank AND"}).text.strip() == ""


def test_headlines_say_why_they_do_not_match_and_what_would_do(ada):
    lines = "The bank opposes it\nThe bank firmly opposes <i>\n\nHarvest"
    text = post(ada, "try", fields={"query": "bank opposes"}, headlines=lines).text
    assert "1 of 3 headlines" in text
    assert "<mark>bank opposes</mark>" in text
    assert '<span class="near">bank</span>' in text
    assert "&lt;i&gt;" in text
    (repair, *_) = repairs_in(text)
    assert repair["query"] == "bank ~1 opposes"
    event = {"kind": "event", "who": "central bank", "does": "$opposes"}
    text = post(ada, "try", fields=event, headlines="Does the central bank oppose it?").text
    assert repairs_in(text)[0]["modality"][-1] == "question"


def test_failing_tests_come_first_with_their_repairs(ada):
    fields = {
        "query": "bank opposes",
        "must_match": "The bank firmly opposes it\nThe bank opposes it",
        "must_not_match": "A bank opposes nothing",
    }
    text = post(ada, "try", fields=fields).text
    assert text.index("Tests that fail") < text.index("must match") < text.index("must not match")
    assert "firmly" in text
    assert "The bank opposes it" not in re.sub("</?mark>", "", text)  # it passes
    assert "but must not" in text


def test_repair_goes_into_the_draft_of_the_file_and_saves_nothing(ada, newsroom):
    commented = WATCHLIST.replace("query: central bank opposes", "query: central bank opposes  # ours")
    given = in_file(commented)
    text = post(ada, "try", **given, headlines="The central bank firmly opposes it").text
    (fix, *_) = repairs_in(text)
    del fix["about"]
    made = post(ada, "repair", **given, repair=fix)
    assert made.status_code == 200, made.text
    assert "query: central bank ~1 opposes  # ours" in made.json()["text"]
    assert (newsroom.config / "watchlist.yaml").read_text() == WATCHLIST


def test_headlines_without_a_rule_are_tried_on_all_rules_of_the_files(ada):
    more = WATCHLIST + "  - {id: rates, query: interest rates, notify: [policy]}\n"
    text = post(ada, "try", **in_file(more, rule=""), headlines="Higher interest rates\nNothing").text
    assert "<strong>rates</strong>" in text
    assert "1 of 2 headlines" in text


def test_address_within_the_network_is_not_fetched_for_a_browser(ada, newsroom):
    before = len(newsroom.site.requests)
    answer = post(ada, "headlines", url=f"{newsroom.site.url}/wire")
    assert answer.status_code == 400
    assert len(newsroom.site.requests) == before


def test_viewer_may_not_ask(visit, newsroom):
    newsroom.adopt()
    for path in ("live", "try", "repair", "headlines"):
        assert post(visit("vera"), path).status_code == 403


# ── why ───────────────────────────────────────────────────────────────────────────────────────


def test_every_page_that_shows_items_leads_to_why(ada):
    for path in ("alerts", "feeds/wire", f"watchlist/rules/{RULE}"):
        found = re.search(r'href="/newswatch(/why\?item=[^"]+)"', ada.get(f"/newswatch/{path}").text)
        assert found, path
        text = ada.get(f"/newswatch{found[1]}").text
        assert "Judged under configuration" in text, path


def test_item_that_no_rule_matched_says_which_term_fails(ada):
    text = ada.get("/newswatch/why", params={"item": "Key rates rise again"}).text
    assert "not matched" in text
    assert RULE in text
    assert "<code>" in text
    unknown = ada.get("/newswatch/why", params={"item": "<script>alert(1)</script>"}).text
    assert "not in any document" in unknown
    assert "<script>alert" not in unknown
