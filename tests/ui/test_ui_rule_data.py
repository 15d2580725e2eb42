"""The JSON behind the pages of rules."""

import pytest

from feed_server import story
from newsroom import WATCHLIST

WRITE = {"X-Newswatch": "1", "Accept": "application/json", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def ada(visit, newsroom):
    newsroom.site.serve("/wire", story(1, "The central bank firmly opposes the plan"))
    newsroom.run()
    return visit("ada")


def post(client, path, **body):
    return client.post(f"/newswatch/api/rules/{path}", json=body, headers=WRITE)


def test_completions_and_facts(ada):
    found = ada.get("/newswatch/api/completions").json()
    assert [one["text"] for one in found["receivers"]] == ["policy", "ops"]
    facts = ada.get("/newswatch/api/rules/central-bank-opposes/facts").json()
    assert facts["rule"] == "central-bank-opposes"
    assert ada.get("/newswatch/api/rules/nothing/facts").status_code == 404


def test_one_rule_is_restored(ada, visit, newsroom):
    page = ada.get("/newswatch/watchlist/edit").text
    digest = page.split('data-digest="')[1].split('"')[0]
    text = WATCHLIST.replace("central bank opposes", "central bank rejects")
    body = {"name": "watchlist.yaml", "text": text, "digest": digest}
    assert ada.post("/newswatch/api/files/save", json=body, headers=WRITE).status_code == 200
    (change,) = ada.get("/newswatch/api/rules/central-bank-opposes/facts").json()["history"]
    answer = post(
        ada, "central-bank-opposes/restore", file=change["file"], kept=change["kept"], reason="as before"
    )
    assert answer.status_code == 200, answer.text
    assert (newsroom.config / "watchlist.yaml").read_text("utf-8") == WATCHLIST
    newest = ada.get("/newswatch/api/rules/central-bank-opposes/facts").json()["history"][0]
    assert (newest["by"], newest["reason"]) == ("ada", "as before")
    page = ada.get("/newswatch/watchlist/rules/central-bank-opposes/history").text
    assert page.index("as before") < page.index("central bank rejects")
    assert 'class="removed"' in page
    assert f'name="kept" value="{change["kept"]}"' in page
    read_only = visit("vera").get("/newswatch/watchlist/rules/central-bank-opposes/history").text
    assert "central bank rejects" in read_only
    assert 'name="kept"' not in read_only
    again = post(ada, "central-bank-opposes/restore", file=change["file"], kept=change["kept"])
    assert again.status_code == 409


def test_rule_is_deleted_after_its_diff_was_shown_and_restored_from_the_deleted_ones(ada, visit, newsroom):
    shown = post(ada, "central-bank-opposes/removal")
    assert shown.status_code == 200, shown.text
    assert "central bank opposes" in shown.text
    assert 'class="removed"' in shown.text
    assert (newsroom.config / "watchlist.yaml").read_text("utf-8") == WATCHLIST
    digest = shown.text.split('name="digest" value="')[1].split('"')[0]
    assert post(ada, "central-bank-opposes/remove", digest="another").status_code == 409
    answer = post(ada, "central-bank-opposes/remove", digest=digest, reason="<b>no</b> longer")
    assert answer.status_code == 200, answer.text
    assert "central-bank-opposes" not in (newsroom.config / "watchlist.yaml").read_text("utf-8")
    assert post(ada, "central-bank-opposes/removal").status_code == 409

    page = ada.get("/newswatch/watchlist/removed").text
    assert "&lt;b&gt;no&lt;/b&gt; longer" in page
    kept = page.split('name="kept" value="')[1].split('"')[0]
    read_only = visit("vera").get("/newswatch/watchlist/removed").text
    assert "central-bank-opposes" in read_only
    assert 'name="kept"' not in read_only
    answer = post(ada, "central-bank-opposes/restore", file="watchlist.yaml", kept=kept)
    assert answer.status_code == 200, answer.text
    assert (newsroom.config / "watchlist.yaml").read_text("utf-8") == WATCHLIST
    assert "No deleted rules." in ada.get("/newswatch/watchlist/removed").text
