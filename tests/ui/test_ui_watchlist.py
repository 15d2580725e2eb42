"""The watchlist: what rules do, and the editor that checks and saves."""

import json
import re
import threading
import time

import pytest

from feed_server import story
from newsroom import POLICY, WATCHLIST
from newswatch.pipeline.base.configuration import check_files
from newswatch.store import keys

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
MORE = WATCHLIST + "  - {id: rates, query: interest rates, severity: low, notify: [policy], owner: markets}\n"
BROKEN = WATCHLIST + "  - {id: rates, query: 'AND rates', notify: [nobody]}\n"


@pytest.fixture
def ada(visit, newsroom):
    newsroom.adopt()
    return visit("ada")


def page(client, path):
    answer = client.get(f"/newswatch/{path}")
    assert answer.status_code == 200, answer.text[:1000]
    return answer.text


def send(client, path, **body):
    return client.post(f"/newswatch/api/files/{path}", json={"name": "watchlist.yaml", **body}, headers=WRITE)


def digest_on(client, name="watchlist.yaml"):
    return re.search(r'data-digest="([0-9a-f]+)"', page(client, f"watchlist/edit?name={name}"))[1]


def test_rules_are_listed_with_their_alerts_of_four_weeks(ada, newsroom):
    newsroom.watchlist(MORE)
    newsroom.site.serve("/wire", story(1, "Central bank opposes the plan"))
    newsroom.run()
    text = page(ada, "watchlist")
    assert "1 alert in 28 days, the most on" in text
    assert "in force" in text
    assert "policy</td>" in text
    assert "markets" in text
    silent = page(ada, "watchlist?silent=1")
    assert "interest rates" in silent
    assert "central bank opposes" not in silent
    assert "matches the filter" in page(ada, "watchlist?text=nothing")


MANY = """\
rules:
  - {id: calm, query: interest rates, severity: low, notify: [policy], owner: zoo}
  - {id: busy, query: central bank, severity: medium, notify: [policy], owner: archive}
  - {id: Apt, query: central bank opposes, severity: high, notify: [ops]}
"""


def rows_of(text):
    return re.findall(r'<th scope="row"><a href="[^"]*/rules/([\w-]+)"', text)


def heading(text, name):
    return re.search(rf'<th scope="col"([^>]*)><a href="([^"]*)" data-sort>{name}', text)


@pytest.fixture
def many(ada, newsroom):
    newsroom.watchlist(MANY)
    newsroom.adopt()
    day = int(time.time()) // 86_400
    for rule, number in (("busy", 12), ("Apt", 3)):
        newsroom.redis.hset(keys.hits(day), rule, number)
    newsroom.redis.hset(keys.HITS_LAST, mapping={"busy": 2_000, "Apt": 1_000})
    return ada


@pytest.mark.parametrize(
    ("sort", "rules"),
    [
        ("", ["calm", "busy", "Apt"]),
        ("rule", ["Apt", "busy", "calm"]),
        ("-severity", ["Apt", "busy", "calm"]),
        ("-alerts", ["busy", "Apt", "calm"]),
        ("alerts", ["calm", "Apt", "busy"]),
        ("-last", ["busy", "Apt", "calm"]),
        ("owner", ["busy", "calm", "Apt"]),
        ("-owner", ["calm", "busy", "Apt"]),
        ("notifies", ["Apt", "calm", "busy"]),
    ],
)
def test_rules_are_sorted_by_a_column_and_an_empty_cell_comes_last(many, sort, rules):
    assert rows_of(page(many, f"watchlist?sort={sort}")) == rules


def test_muted_and_marked_rules_are_sorted_first_where_their_column_is_asked_for(many, newsroom):
    newsroom.redis.hset(keys.irrelevant("Apt"), "item", "{}")
    assert rows_of(page(many, "watchlist?sort=-irrelevant")) == ["Apt", "calm", "busy"]
    many.post("/newswatch/api/rules/busy/mute", json={"for": "24h"}, headers=WRITE)
    assert rows_of(page(many, "watchlist?sort=state")) == ["busy", "calm", "Apt"]


def test_marks_of_each_rule_are_counted_by_kind_in_one_cell(many, newsroom):
    newsroom.redis.hset(keys.irrelevant("busy"), "a", "{}")
    newsroom.redis.hset(keys.acknowledged("busy"), mapping=dict.fromkeys("abc", "1"))
    newsroom.redis.hset(keys.missed("Apt"), mapping=dict.fromkeys("ab", "{}"))
    cells = re.findall(r'<td data-label="Marks">(.*?)</td>', page(many, "watchlist"), re.DOTALL)
    assert cells[0] == ""
    shown = [re.findall(r"\d+ [a-z ]+", re.sub(r"<[^>]+>", "\n", cell)) for cell in cells]
    assert shown == [[], ["1 not relevant", "3 acknowledged"], ["2 missed"]]
    facts = many.get("/newswatch/api/rules/busy/facts").json()
    assert (facts["irrelevant"], facts["acknowledged"], facts["missed"]) == (1, 3, 0)


@pytest.mark.parametrize("column", ["irrelevant", "alerts"])
def test_order_of_hundreds_of_rules_shows_what_came_since_the_last_page(ada, newsroom, column):
    rules = "".join(f"  - {{id: r{n}, query: central bank {n}, notify: [policy]}}\n" for n in range(600))
    newsroom.watchlist(f"rules:\n{rules}")
    newsroom.adopt()
    day = int(time.time()) // 86_400
    newsroom.redis.hset(keys.hits(day - 28), "r0", 9)  # before the four weeks
    for rule, marks in (("r599", "a"), ("r598", "bc")):
        newsroom.redis.hset(keys.irrelevant(rule), mapping=dict.fromkeys(marks, "{}"))
        newsroom.redis.hset(keys.hits(day), rule, 1)
        newsroom.redis.hset(keys.hits(day - 27), rule, len(marks))
        assert rows_of(page(ada, f"watchlist?sort=-{column}"))[0] == rule


def test_heading_sorts_then_reverses_then_returns_to_the_order_of_the_files(many):
    text = page(many, "watchlist?text=central")
    for state, name in (("", "-alerts"), ("descending", "alerts"), ("ascending", "")):
        found = heading(text, "Alerts in 28 days")
        assert (f'aria-sort="{state}"' in found[1]) == bool(state)
        way = found[2].replace("&amp;", "&")
        assert "text=central" in way
        assert (f"sort={name}" in way) if name else ("sort" not in way)
        text = page(many, way.removeprefix("/newswatch/"))
        assert sorted(rows_of(text)) == ["Apt", "busy"]
    assert many.get("/newswatch/watchlist?sort=nothing").status_code == 422


def test_rare_controls_of_a_row_are_in_one_menu(many):
    row = re.search(r'<td class="actions">.*?</td>', page(many, "watchlist"), re.DOTALL)[0]
    outside = re.sub(r"<details.*?</details>", "", row, flags=re.DOTALL)
    assert re.findall(r">(\w+)</a>", outside) == ["Edit"]
    assert "<button" not in outside
    assert "Copy" in row
    assert "Mute" in row


def test_page_does_not_wait_for_a_check_of_the_files_that_takes_long(ada, newsroom, monkeypatch):
    may_end = threading.Event()

    def slow(*given):
        may_end.wait(120)
        return check_files(*given)

    monkeypatch.setattr("newswatch_airflow.ui.shared.check_files", slow)
    newsroom.watchlist(BROKEN)
    for path in ("watchlist", "watchlist/rules/central-bank-opposes"):
        text = page(ada, path)
        assert "The files are being checked." in text
        assert "central bank opposes" in text
    may_end.set()
    newsroom.until(lambda: "The files have" in page(ada, "watchlist"))
    assert "being checked" not in page(ada, "watchlist")
    text = page(ada, "watchlist/rules/central-bank-opposes")
    assert "being checked" not in text
    assert "The files have errors" in text


@pytest.mark.parametrize(
    ("days", "said"), [(None, "none yet"), (12, "none in 12 days"), (300, "none in 90 days")]
)
def test_quiet_rule_is_quiet_for_as_many_days_as_are_known(ada, newsroom, days, said):
    if days:
        newsroom.redis.zadd(
            keys.ALERTS, {"0123456789abcdef": int((time.time() - days * 86_400 - 300) * 1000)}
        )
    assert said in page(ada, "watchlist")
    assert f"last alert: {said}" in page(ada, "watchlist/rules/central-bank-opposes")


def test_muted_rule_says_so_where_it_is_listed(ada):
    ada.post("/newswatch/api/rules/central-bank-opposes/mute", json={"for": "24h"}, headers=WRITE)
    assert "everywhere, ends" in page(ada, "watchlist")
    ada.post("/newswatch/api/rules/central-bank-opposes/unmute", json={}, headers=WRITE)
    ada.post(
        "/newswatch/api/rules/central-bank-opposes/mute",
        json={"for": "24h", "channel": POLICY},
        headers=WRITE,
    )
    assert f'for <span title="{POLICY}">policy</span>, ends' in page(ada, "watchlist")


def test_broken_file_is_shown_with_a_link_to_the_line(ada, newsroom):
    newsroom.watchlist(BROKEN)
    text = page(ada, "watchlist")
    assert "stays in force" in text
    assert 'edit?name=watchlist.yaml&amp;line=6">config/watchlist.yaml:6:' in text
    assert str(newsroom.config) not in text
    assert 'data-line="6"' in page(ada, "watchlist/edit?name=watchlist.yaml&line=6")
    newsroom.watchlist(WATCHLIST)
    assert "stays in force" not in page(ada, "watchlist")


def test_error_that_names_the_document_about_rules_links_to_our_page_of_it(ada, visit, newsroom):
    newsroom.watchlist(BROKEN)
    text = page(ada, "watchlist")
    (way,) = re.findall(r'href="/newswatch(/[^"]*)">docs/rules\.md</a>', text)
    name = way.partition("#")[2]
    assert f'id="{name}"' in page(ada, way.lstrip("/"))
    newsroom.watchlist(WATCHLIST)
    form = page(visit("vera"), "watchlist/new?id=b&notify=policy&query=central+bank+AND")
    assert f'<a href="/newswatch{way}">docs/rules.md</a>' in form


def test_error_in_feeds_yaml_links_to_its_line_on_every_page_that_lists_it(ada, visit, newsroom):
    text = (newsroom.config / "feeds.yaml").read_text("utf-8")
    line = len(text.splitlines()) + 1
    newsroom.write("feeds.yaml", text + "  - {id: new, url: 'https://new.example/', evry: 5m}\n")
    newsroom.adopt()
    shown = rf"config/feeds\.yaml:{line}:\d+"
    way = f"watchlist/edit?name=feeds.yaml&amp;line={line}"
    for path in ("watchlist", ""):
        found = page(ada, path)
        assert re.search(rf'<a href="/newswatch/{re.escape(way)}">{shown}</a>', found), path
        assert str(newsroom.config) not in found
        viewed = page(visit("vera"), path)  # who may not see the file
        assert re.search(shown, viewed)
        assert "name=feeds.yaml" not in viewed
    assert f'data-line="{line}"' in page(ada, way.replace("&amp;", "&"))


def acts_on(page_text, kind):
    """The links and their places below a finding, the runbook aside."""
    (acts,) = re.findall(rf'{kind}.*?<div class="acts">(.*?)</div>', page_text, re.DOTALL)
    return [(shown, way) for way, shown in re.findall(r'href="/newswatch(/[^"]*)">([^<]+)<', acts)][:-1]


ALL_ERRORS = ("See all errors", "/watchlist")


def test_finding_leads_to_the_line_that_is_broken(ada, visit, newsroom):
    feeds = (newsroom.config / "feeds.yaml").read_text("utf-8")
    receivers = (newsroom.config / "receivers.yaml").read_text("utf-8")
    line = len(feeds.splitlines()) + 1
    newsroom.write("feeds.yaml", feeds + "  - {id: new, url: 'https://new.example/', evry: 5m}\n")
    newsroom.adopt()
    opened = (f"Open feeds.yaml at line {line}", f"/watchlist/edit?name=feeds.yaml&amp;line={line}")
    assert acts_on(page(ada, ""), "evry") == [opened, ALL_ERRORS]
    assert acts_on(page(visit("vera"), ""), "evry") == [ALL_ERRORS]  # who may not see the file
    newsroom.write("feeds.yaml", feeds)
    newsroom.write("receivers.yaml", receivers.replace("channel: C", "chanel: C"))
    newsroom.adopt()
    assert acts_on(page(ada, ""), "chanel") == [ALL_ERRORS]  # the pages cannot edit that file


def test_place_in_an_error_cannot_be_made_a_link_elsewhere(ada, newsroom):
    newsroom.redis.hset(
        keys.notice("configuration"),
        mapping={
            "text": 'x: //evil.example/feeds.yaml:1:2 watchlist.d/a"><b>:3:4 receivers.yaml:5:6',
            "since": 1_000,
        },
    )
    newsroom.redis.sadd(keys.NOTICES, "configuration")
    text = page(ada, "")
    assert "evil.example/feeds.yaml:1:2</a>" in text
    assert "<b>" not in text
    assert "receivers.yaml:5:6" in text
    for way in re.findall(r'href="([^"]*)"', text):
        assert way.startswith(("/newswatch", "/", "#")), way
        assert not way.startswith("//"), way


def test_check_tells_every_problem_at_its_place(ada):
    data = send(ada, "check", text=BROKEN).json()
    assert not data["ok"]
    assert {(one["file"], one["line"]) for one in data["problems"]} == {("watchlist.yaml", 6)}
    assert send(ada, "check", text=MORE).json() == {
        "ok": True,
        "problems": [],
        "rules": ["central-bank-opposes", "rates"],
    }


def test_saved_draft_comes_into_force_and_keeps_the_version_before(ada, newsroom):
    answer = send(ada, "save", text=MORE, digest=digest_on(ada), reason="rates matter <b>now</b>")
    assert answer.status_code == 200, answer.text
    assert (newsroom.config / "watchlist.yaml").read_text() == MORE
    newsroom.adopt()
    assert "interest rates" in page(ada, "watchlist")
    text = page(ada, "watchlist/edit")
    assert "Saved by <strong>ada</strong>" in text
    assert "rates matter &lt;b&gt;now&lt;/b&gt;" in text
    kept = re.search(r"version=([\w.-]+)", text)[1]
    assert "interest rates" not in page(ada, f"watchlist/edit?name=watchlist.yaml&version={kept}")
    (line,) = (newsroom.config / ".history" / "saved.jsonl").read_text().splitlines()
    assert json.loads(line)["by"] == "ada"


def test_draft_that_changes_nothing_makes_no_version(ada, newsroom):
    assert send(ada, "save", text=WATCHLIST, digest=digest_on(ada)).status_code == 200
    assert not (newsroom.config / ".history" / "saved.jsonl").exists()


def test_diff_shows_the_changed_lines_with_a_few_around_them(ada):
    text = send(ada, "diff", text=MORE.replace("severity: high", "severity: <i>")).text
    assert re.search(r'class="added">.*?severity: &lt;i&gt;', text)
    assert re.search(r'class="removed">.*?    severity: high', text)
    assert "interest rates" in text
    assert "Nothing is changed" in send(ada, "diff", text=WATCHLIST).text


def test_draft_that_does_not_pass_is_not_saved(ada, newsroom):
    answer = send(ada, "save", text=BROKEN, digest=digest_on(ada))
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert (newsroom.config / "watchlist.yaml").read_text() == WATCHLIST
    assert list((newsroom.config / ".history").glob("*.yaml")) == []


def test_second_editor_is_told_and_overwrites_nothing(ada, newsroom):
    digest = digest_on(ada)
    assert send(ada, "save", text=MORE, digest=digest).status_code == 200
    answer = send(ada, "save", text=WATCHLIST + "# mine\n", digest=digest)
    assert answer.status_code == 409
    assert "ada saved it" in answer.json()["detail"]
    assert answer.json()["text"] == MORE
    assert (newsroom.config / "watchlist.yaml").read_text() == MORE


def test_edit_outside_of_the_page_is_a_conflict_too(ada, newsroom):
    digest = digest_on(ada)
    newsroom.watchlist(WATCHLIST + "# by hand\n")
    answer = send(ada, "save", text=MORE, digest=digest)
    assert answer.status_code == 409
    assert "outside of this page" in answer.json()["detail"]


def test_file_of_the_folder_is_edited_with_the_others_around_it(ada, newsroom):
    folder = newsroom.config / "watchlist.d"
    folder.mkdir()
    (folder / "markets.yaml").write_text("rules:\n  - {id: rates, query: interest rates, notify: [policy]}\n")
    assert "interest rates" in page(ada, "watchlist/edit?rule=rates")
    name = "watchlist.d/markets.yaml"
    double = "rules:\n  - {id: central-bank-opposes, query: interest rates, notify: [policy]}\n"
    data = send(ada, "check", name=name, text=double).json()
    assert not data["ok"]
    assert any(one["file"] == name for one in data["problems"])
    text = "rules:\n  - {id: rates, query: key rates, notify: [policy]}\n"
    assert send(ada, "save", name=name, text=text, digest=digest_on(ada, name)).status_code == 200
    assert (folder / "markets.yaml").read_text() == text
    assert sorted(path.name for path in folder.iterdir()) == ["markets.yaml"]


def test_link_of_the_launchers_overlay_is_followed_and_not_replaced(ada, newsroom, tmp_path):
    real = tmp_path / "real.yaml"
    real.write_text(WATCHLIST)
    (newsroom.config / "watchlist.yaml").unlink()
    (newsroom.config / "watchlist.yaml").symlink_to(real)
    assert send(ada, "save", text=MORE, digest=digest_on(ada)).status_code == 200
    assert (newsroom.config / "watchlist.yaml").is_symlink()
    assert real.read_text() == MORE


def test_folder_that_cannot_be_written_is_shown_with_the_reason(ada, newsroom):
    (newsroom.config / "watchlist.yaml").unlink()
    (newsroom.config / "watchlist.yaml").symlink_to("/proc/version")
    text = page(ada, "watchlist/edit")
    assert "readonly" in text
    assert "cannot be written by the api-server" in text
    answer = send(ada, "save", text=MORE, digest=digest_on(ada))
    assert answer.status_code == 400
    assert "cannot be written" in answer.json()["detail"]


@pytest.mark.parametrize(
    "name", ["../secret.yaml", "/etc/passwd", "receivers.yaml", "watchlist.d/../feeds.yaml", ""]
)
def test_name_that_is_no_watchlist_file_is_refused(ada, newsroom, name):
    (newsroom.config.parent / "secret.yaml").write_text("x")
    for path, more in (("check", {}), ("save", {"digest": "x"}), ("diff", {})):
        answer = send(ada, path, name=name, text=MORE, **more)
        assert answer.status_code in (400, 422), (path, answer.text)
    if name:
        assert ada.get("/newswatch/watchlist/edit", params={"name": name}).status_code == 400


def test_version_that_is_no_version_is_refused(ada):
    for version in ("../watchlist.yaml", "saved.jsonl", "lock"):
        answer = ada.get("/newswatch/watchlist/edit", params={"name": "watchlist.yaml", "version": version})
        assert answer.status_code == 400


def test_viewer_sees_the_file_and_no_button_to_change_it(visit, newsroom):
    newsroom.adopt()
    text = page(visit("vera"), "watchlist/edit")
    assert "readonly" in text
    assert 'id="save"' not in text
    assert 'id="headlines"' not in text


def test_filter_that_the_only_rule_does_not_match_says_so(ada):
    assert "The only rule in force does not match the filter." in page(ada, "watchlist?text=nothing")


BROKEN_FEEDS = "feeds:\n  - {id: new, url: 'https://new.example/', evry: 5m}\n"


def test_broken_feeds_file_is_shown_on_the_feeds_page_with_a_link_to_the_line(ada, visit, newsroom):
    feeds = (newsroom.config / "feeds.yaml").read_text("utf-8")
    newsroom.write("feeds.yaml", BROKEN_FEEDS)
    text = page(ada, "feeds")
    assert "The files have 1 error, so version" in text
    assert "stays in force" in text
    assert re.search(r'edit\?name=feeds\.yaml&amp;line=2">config/feeds\.yaml:2:\d+</a>', text)
    viewed = page(visit("vera"), "feeds")  # who may not see the file
    assert "config/feeds.yaml:2:" in viewed
    assert "name=feeds.yaml" not in viewed
    newsroom.write("feeds.yaml", feeds)
    assert "stays in force" not in page(ada, "feeds")


@pytest.mark.parametrize("path", ["watchlist", "feeds"])
def test_files_that_are_broken_at_the_first_start_keep_no_version_in_force(ada, newsroom, path):
    newsroom.redis.flushall()
    newsroom.write("feeds.yaml", BROKEN_FEEDS)
    text = page(ada, path)
    assert "The files have 1 error, so no version is in force." in text
    assert "version none" not in re.sub(r"<[^>]+>", "", text)
    assert "stays in force" not in text
