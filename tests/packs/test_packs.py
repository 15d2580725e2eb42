"""The packs that ship: each can be read, says what it is, and is used by language."""

import pytest

from newswatch.errors import QueryError
from newswatch.models import Rule
from newswatch.packs import load_pack, pack_names, packs_version
from newswatch.rules import ItemText, compile_watchlist, expand_list
from newswatch.rules.event_plan import elements
from newswatch.rules.lists import check_lists, list_entries

STANCES = {name for name in pack_names() if load_pack(name).kind == "stance"}


def matches(query, text, lang, lists=()):
    watchlist = compile_watchlist([Rule("r", query)], dict(lists))
    return bool(watchlist.match(ItemText(title=text, lang=lang)))


@pytest.mark.parametrize("name", pack_names())
def test_pack_says_what_it_is_and_repeats_no_entry(name):
    pack = load_pack(name)
    for part, entries in pack.parts.items():
        assert entries, part
        assert len(entries) == len(set(entries))
        # YAML reads a bare on, no or yes as a truth value unless all is read as text.
        assert not {"True", "False"} & {entry.text for entry in entries}


@pytest.mark.parametrize("name", pack_names())
def test_every_entry_can_be_read(name):
    for entries in load_pack(name).parts.values():
        for entry in entries:
            elements(entry.text)


def test_chain_stands_for_each_word_with_each_of_the_next():
    texts = {entry.text for entry in load_pack("sanctions").part("verbs")}
    assert {"impose ~4 embargo", "tighten ~4 visa ban"} <= texts


@pytest.mark.parametrize("name", sorted(STANCES))
def test_stance_has_verbs_in_five_languages(name):
    languages = {entry.lang for entry in load_pack(name).part("verbs")}
    assert {"", "de", "fr", "es"} <= languages


def test_names_of_the_issue_of_every_kind_are_there():
    kinds = [
        "central_banks",
        "governors",
        "regulators",
        "governments",
        "courts",
        "exchanges",
        "international",
    ]
    assert set(kinds) <= set(pack_names())
    assert {"opposes", "supports", "bans", "allows", "warns", "sanctions", "lifts"} <= STANCES
    assert {"fines", "sues", "probes", "settles", "delays"} <= STANCES


def test_version_names_the_content():
    assert len(packs_version()) == 12


def test_companies_are_some_hundreds_and_large():
    texts = {entry.text.strip("'") for entry in load_pack("companies").part("entries")}
    assert len(texts) > 400
    assert {"Google", "Goldman Sachs", "Binance", "Air India", "Volkswagen", "Pfizer", "Red Bull"} <= texts


@pytest.mark.parametrize(
    ("text", "pack", "missing"),
    [
        ("Justice Department", "prosecutors", "regulators"),
        ("'DOJ'", "prosecutors", "regulators"),
        ("'GOP'", "leaders", "governments"),
    ],
)
def test_general_enforcers_are_prosecutors_and_not_regulators(text, pack, missing):
    assert text in {entry.text for entry in load_pack(pack).part("entries")}
    assert text not in {entry.text for entry in load_pack(missing).part("entries")}


def test_entry_of_one_language_is_looked_for_in_items_of_that_language_only():
    assert matches("$settles", "Transaction avec la banque", "fr")
    assert not matches("$settles", "A transaction with the bank", "en")


def test_pack_is_a_list_in_any_query():
    assert matches("$central_banks NEAR/5 rates", "Riksbank holds rates", "en")
    assert matches("$opposes", "The plan drew opposition", "en")


def test_list_of_the_same_name_takes_the_place_of_a_pack():
    assert not matches("$central_banks", "Riksbank holds rates", "en", {"central_banks": ["Bank of Foo"]})


def test_changed_pack_has_what_is_added_and_not_what_is_left_out():
    changed = {"central_banks": ("$central_banks", "Bank of Foo", "NOT Riksbank")}
    assert check_lists(changed) == []
    assert matches("$central_banks", "Bank of Foo holds rates", "en", changed)
    assert matches("$central_banks", "Bundesbank holds rates", "en", changed)
    assert not matches("$central_banks", "Riksbank holds rates", "en", changed)


def test_entry_left_out_of_a_pack_must_be_in_it():
    (problem,) = check_lists({"central_banks": ("$central_banks", "NOT Bank of Foo")})
    assert "`Bank of Foo` is not an entry of the pack `central_banks`" in problem.message


def test_unknown_list_is_guessed_from_the_packs_too():
    with pytest.raises(QueryError, match=r"did you mean \$central_banks"):
        compile_watchlist([Rule("r", "$central_bank")], {})


def test_stance_in_an_event_has_its_parts_apart():
    verbs = {entry.text for entry in list_entries("opposes", {}, "verbs")}
    nouns = {entry.text for entry in list_entries("opposes", {}, "nouns")}
    assert "oppose" in verbs
    assert "resistance" in nouns
    assert "resistance" not in verbs
    assert len(expand_list("opposes", {}, "de")) > len(expand_list("opposes", {}))
