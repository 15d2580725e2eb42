"""Rules as things: a page and a form for each. What a server can show of them without a browser."""

import getpass
import re

import pytest

from feed_server import story
from newsroom import OPS, POLICY, WATCHLIST

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
RULE = "watchlist/rules/central-bank-opposes"
FIELDS = {"kind": "query", "query": "central bank opposes", "severity": "high", "notify": ["policy"]}
EVENTS = """\
rules:
  # the desk's own
  - id: sec-sues
    event: {who: $regulators, does: $sues, what: $crypto}   # who does what
    notify: [policy]
    threshold: {stories: 2, sources: 2, within: 30m}
    must_match: [The SEC sues a crypto exchange]
"""


@pytest.fixture
def ada(visit, newsroom):
    newsroom.adopt()
    return visit("ada")


def page(client, path):
    answer = client.get(f"/newswatch/{path}")
    assert answer.status_code == 200, answer.text[:1000]
    return re.sub(r"</?mark>", "", answer.text)


def compose(client, name="watchlist.yaml", rule="", base="", copy_of="", **fields):
    body = {"name": name, "rule": rule, "base": base, "copy_of": copy_of, "fields": fields}
    return client.post("/newswatch/api/rules/compose", json=body, headers=WRITE)


def save(client, made, name="watchlist.yaml"):
    body = {"name": name, "text": made["text"], "digest": made["digest"]}
    return client.post("/newswatch/api/files/save", json=body, headers=WRITE)


def base_on(client, path):
    return re.search(r'data-base="([0-9a-f]+)"', page(client, path))[1]


# ── the page ──────────────────────────────────────────────────────────────────────────────────


def test_tests_of_a_rule_come_after_its_meaning(ada):
    text = page(ada, RULE)
    places = [
        text.index(f">{heading}</h2>") for heading in ("What it means", "Tests", "Alerts by day", "History")
    ]
    assert places == sorted(places)


def test_page_of_an_event_keeps_apart_where_it_counts(ada, newsroom):
    newsroom.watchlist(
        "rules:\n  - {id: acts, event: {who: bank, does: opposes}, modality: [stated, possible], notify: [policy]}\n"
    )
    newsroom.adopt()
    assert "the text states it; the text says that it may come" in page(ada, "watchlist/rules/acts")


def test_page_of_a_query_says_it_in_words_and_escapes_it(ada, newsroom):
    assert "An item matches if it has <code>central bank opposes</code>." in page(ada, RULE)
    newsroom.watchlist(
        "rules:\n"
        "  - {id: nested, query: 'bank AND (a1 OR (b2 AND (c3 OR (d4 AND e5))))', notify: [policy]}\n"
        "  - {id: hostile, query: '/<script>alert(1)</', negation: exclude, notify: [policy]}\n"
    )
    newsroom.adopt()
    nested = page(ada, "watchlist/rules/nested")
    assert "<p>An item matches if it has all of these:</p>" in nested
    assert "<li>at least one of these:<ul><li><code>a1</code>" in re.sub(r">\s+<", "><", nested)
    hostile = page(ada, "watchlist/rules/hostile")
    assert "the pattern <code>/&lt;script&gt;alert(1)&lt;/</code> finds" in hostile
    assert "<script>alert" not in hostile
    assert "A hit that the text negates" in hostile


def test_long_list_of_receivers_has_a_filter_for_scripts_and_shows_all_without(ada, newsroom):
    assert 'id="narrow"' not in page(ada, "watchlist/new")
    rows = "".join(f"  - {{id: desk-{n}, channel: C05555555{n:02}}}\n" for n in range(12))
    known = (newsroom.config / "receivers.yaml").read_text()
    newsroom.write("receivers.yaml", known + rows)
    newsroom.adopt()
    text = page(ada, "watchlist/new")
    assert '<p id="narrowing" hidden>' in text
    assert len(re.findall(r'<label[^>]*><input type="checkbox" name="notify"', text)) >= 13


def test_receivers_in_the_form_say_their_channel_and_when_they_deliver(ada, newsroom):
    newsroom.write(
        "receivers.yaml",
        f"""\
receivers:
  - {{id: policy, channel: {POLICY}, name: policy-desk}}
  - {{id: digest, channel: C0222222222, mode: digest, digest: {{at: "08:00", timezone: Europe/Zurich}}}}
  - {{id: night, channel: C0333333333, quiet: {{from: "22:00", to: "07:00", timezone: America/New_York, except: high}}}}
  - {{id: ops, channel: {OPS}}}
""",
    )
    newsroom.adopt()
    text = page(ada, "watchlist/new")
    shown = dict(re.findall(r'name="notify" value="(\w+)"> <span>\w+ <span class="quiet">(.*?)</span>', text))
    assert shown == {
        "policy": "#policy-desk",
        "digest": "C0222222222<br>digest 08:00 Zurich",
        "night": "C0333333333<br>quiet 22:00–07:00 New York, not for high",
        "ops": OPS,
    }
    assert 'title="A digest at 08:00 Europe/Zurich"' in text


def test_page_of_a_rule_says_what_it_means_and_what_it_caught(ada, newsroom):
    newsroom.site.serve("/wire", story(1, "Central bank opposes the plan"))
    newsroom.run()
    text = page(ada, RULE)
    assert "config/watchlist.yaml:2</a>" in text
    assert "Central bank opposes the plan" in text
    assert "1 alert in 28 days" in text
    assert "Alerts by day and hour: 1 in 28 days, most between" in text
    assert f'href="/newswatch/{RULE}/edit"' in text
    assert f'href="/newswatch/{RULE}/copy"' in text


def test_page_of_an_event_names_its_parts_lists_and_tests(ada, newsroom):
    newsroom.watchlist(EVENTS)
    newsroom.adopt()
    text = page(ada, "watchlist/rules/sec-sues")
    assert re.search(r"<dt>who</dt><dd><span class=\"code query\">\$regulators</span>", text)
    assert "$crypto" in text
    assert "ships with newswatch" in text
    assert "2 stories from 2 publishers within 30 min" in text
    assert 'must match: <bdi dir="auto">The SEC sues a crypto exchange' in text


def test_rule_that_is_not_in_force_yet_has_a_page_that_says_so(ada, newsroom):
    newsroom.watchlist(WATCHLIST + "  - {id: rates, query: interest rates, notify: [policy]}\n")
    assert "comes into force within 30 seconds" in page(ada, "watchlist/rules/rates")
    assert 'rules/rates">rates</a>' in page(ada, "watchlist")
    newsroom.adopt()
    assert "comes into force" not in page(ada, "watchlist/rules/rates")


def test_rule_that_is_not_there_is_a_404(ada):
    for path in ("no-such", "no-such/edit", "no-such/copy"):
        assert ada.get(f"/newswatch/watchlist/rules/{path}").status_code == 404


def test_terms_are_counted_with_the_marks_of_readers(ada, newsroom):
    newsroom.site.serve(
        "/wire", story(1, "Central bank opposes the plan"), story(2, "Central banks opposed it")
    )
    newsroom.run()
    text = page(ada, f"{RULE}/terms")
    assert "2 items alerted" in text
    assert "central bank opposes" in text.lower()


def test_coach_says_why_it_has_nothing_to_propose(ada):
    answer = ada.post("/newswatch/api/rules/central-bank-opposes/coach", headers=WRITE)
    assert answer.status_code == 200
    assert "Nothing to learn from" in answer.text
    applied = ada.post(
        "/newswatch/api/rules/central-bank-opposes/coach/apply", json={"proposal": "abc"}, headers=WRITE
    )
    assert applied.status_code == 400
    assert "no proposal" in applied.json()["detail"]


# ── the form ──────────────────────────────────────────────────────────────────────────────────


def test_new_rule_is_composed_checked_and_saved_after_the_others(ada, newsroom):
    made = compose(
        ada,
        id="sec-sues",
        kind="event",
        who="$regulators, $courts",
        does="$sues",
        what="$crypto",
        severity="high",
        notify=["policy"],
        must_match="The SEC sues a crypto exchange\r\n",
    ).json()
    assert made["ok"], made["problems"]
    assert made["text"] == WATCHLIST + made["yaml"] + "\n"
    assert made["first"] == 6
    assert "who: [$regulators, $courts]" in made["yaml"]
    assert save(ada, made).status_code == 200
    assert (newsroom.config / "watchlist.yaml").read_text() == made["text"]


def test_fields_that_do_not_make_a_rule_are_told_at_their_line(ada):
    made = compose(ada, id="x", kind="query", query="AND b", notify=["nobody"]).json()
    assert not made["ok"]
    assert {one["line"] for one in made["problems"]} <= set(range(made["first"], made["first"] + 5))
    assert compose(ada, id="x", kind="other").status_code == 422


def test_id_of_another_rule_is_an_error_of_the_new_rule_and_not_of_the_other(ada):
    made = compose(ada, **FIELDS, id="central-bank-opposes").json()
    assert made["first"] == 6  # not line 2, where the other rule is
    assert "query: central bank opposes" in made["yaml"]
    (problem,) = made["problems"]
    assert problem["line"] == 6
    assert "already in watchlist.yaml:2:" in problem["message"]  # no name of a temporary folder


def test_suggested_id_is_free(ada):
    body = {"name": "watchlist.yaml", "free_id": True, "fields": {**FIELDS, "id": "central-bank-opposes"}}
    made = ada.post("/newswatch/api/rules/compose", json=body, headers=WRITE).json()
    assert made["id"] == "central-bank-opposes-2"
    assert made["ok"], made["problems"]
    assert "- id: central-bank-opposes-2" in made["yaml"]


def test_edited_rule_that_gets_the_id_of_another_is_still_the_one_that_is_shown(ada, newsroom):
    newsroom.watchlist(WATCHLIST + "  - {id: rates, query: interest rates, notify: [policy]}\n")
    mine = {"rule": "rates", "base": base_on(ada, "watchlist/rules/rates/edit")}
    made = compose(ada, **mine, **{**FIELDS, "id": "central-bank-opposes", "query": "interest rates"}).json()
    assert "interest rates" in made["yaml"]
    assert not made["ok"]


def test_edited_rule_keeps_comments_and_what_the_form_does_not_have(ada, newsroom):
    newsroom.watchlist(EVENTS)
    newsroom.adopt()
    text = page(ada, "watchlist/rules/sec-sues/edit")
    assert re.search(r'value="event" checked', text)
    assert ">\n$regulators</textarea>" in text
    made = compose(
        ada,
        rule="sec-sues",
        base=base_on(ada, "watchlist/rules/sec-sues/edit"),
        id="sec-sues",
        kind="event",
        who="$regulators",
        does="$sues",
        what="$crypto",
        severity="high",
        notify=["policy"],
        must_match="The SEC sues a crypto exchange",
    ).json()
    changed = EVENTS.replace("    notify: [policy]\n", "    severity: high\n    notify: [policy]\n")
    assert made["text"] == changed
    assert save(ada, made).status_code == 200


def test_rule_that_somebody_else_changed_is_not_overwritten(ada, newsroom):
    base = base_on(ada, f"{RULE}/edit")
    newsroom.watchlist(WATCHLIST + "  - {id: rates, query: interest rates, notify: [policy]}\n")
    mine = {"rule": "central-bank-opposes", "base": base, "id": "central-bank-opposes"}
    made = compose(ada, **mine, **{**FIELDS, "query": "central bank rejects"}).json()
    assert "interest rates" in made["text"]  # another rule: both changes stay
    assert "central bank rejects" in made["text"]
    newsroom.watchlist(WATCHLIST.replace("central bank opposes", "central bank objects"))
    answer = compose(ada, **mine, **FIELDS)
    assert answer.status_code == 409
    assert "Nothing was overwritten" in answer.json()["detail"]
    assert save(ada, made).status_code == 409
    newsroom.watchlist("rules: []\n")
    assert compose(ada, **mine, **FIELDS).status_code == 409


def test_copy_has_a_free_id_and_everything_else_of_the_rule(ada, newsroom):
    newsroom.watchlist(EVENTS)
    newsroom.adopt()
    assert 'value="sec-sues-2"' in page(ada, "watchlist/rules/sec-sues/copy")
    made = compose(
        ada,
        copy_of="sec-sues",
        id="sec-sues-2",
        kind="event",
        who="$regulators",
        does="$sues",
        notify=["policy"],
    ).json()
    assert made["ok"], made["problems"]
    assert "threshold: {stories: 2, sources: 2, within: 30m}" in made["yaml"]


def test_form_works_without_scripts_up_to_the_yaml(ada):
    text = page(ada, "watchlist/new?id=rates&kind=query&query=interest+rates&notify=policy&severity=low")
    assert "- id: rates\n    query: interest rates\n    severity: low\n    notify: [policy]" in text
    text = page(
        ada, f"{RULE}/edit?id=central-bank-opposes&kind=query&query=central+bank+rejects&notify=policy"
    )
    assert "query: central bank rejects" in text


def test_hostile_fields_are_text(ada):
    evil = "</textarea><script>alert(1)</script>"
    for name in ("query", "who", "id", "owner", "must_match", "expires"):
        text = ada.get("/newswatch/watchlist/new", params={name: evil, "kind": "query"}).text
        assert "<script>alert" not in text, name


def test_file_of_an_unusual_form_says_how_to_write_it_by_hand(ada, newsroom):
    newsroom.watchlist("rules: [{id: a, query: b c, notify: [policy]}]\n")
    answer = compose(ada, id="x", **FIELDS)
    assert answer.status_code == 422
    assert "write `rules:` on a line of its own" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["../secret.yaml", "receivers.yaml", ""])
def test_form_writes_to_watchlist_files_only(ada, name):
    assert compose(ada, name=name, id="x", **FIELDS).status_code in (400, 422)


# ── names ─────────────────────────────────────────────────────────────────────────────────────


def test_edit_has_the_name_of_the_login_or_of_the_machines_user_where_there_is_none(ada, newsroom, settings):
    made = compose(ada, id="one", **FIELDS).json()
    assert save(ada, made).status_code == 200
    assert "Saved by <strong>ada</strong>" in page(ada, "watchlist/edit")
    settings.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
    assert save(ada, compose(ada, id="two", **FIELDS).json()).status_code == 200
    assert f"Saved by <strong>{getpass.getuser()}</strong>" in page(ada, "watchlist/edit")


def test_rules_document_is_a_page_with_places_to_link_to(ada):
    text = page(ada, "guide/rules")
    assert '<h2 id="queries">' in text
    assert '<h2 id="events">' in text
    assert '<h2 id="packs">' in text
