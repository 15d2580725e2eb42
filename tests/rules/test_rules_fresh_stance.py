"""The shipped lists on sentences written afterwards by someone who had not seen them.

As they came out: of fifteen sentences in which a central bank opposes something, eleven match;
of fifteen in which it does not, one matches (a question). The lists are not to be fitted to them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from newswatch.config.load import load_config
from newswatch.models import FeedFilter
from newswatch.pipeline.base.rules_checker import RulesChecker
from newswatch.rules import ItemText, compile_watchlist

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = Path(__file__).parent / "data" / "fresh_stance.jsonl"


def test_shipped_stance_rules_keep_what_they_reached_on_fresh_sentences():
    draft = load_config(ROOT / "config", RulesChecker(), today=date(2026, 11, 23)).draft
    rules = [
        replace(rule, feeds=FeedFilter(), languages=())
        for rule in draft.rules
        if rule.id.startswith("central-bank")
    ]
    watchlist = compile_watchlist(rules, draft.lists, draft.default_lang)
    outcomes = {(label, hit): 0 for label in (0, 1) for hit in (False, True)}
    for line in SENTENCES.read_text("utf-8").splitlines():
        row = json.loads(line)
        text = ItemText(
            title=row["text"],
            summary="",
            body="",
            author="",
            lang=row["lang"],
            feed_id="",
            feed_tags=(),
            tags=(),
        )
        outcomes[row["label"], bool(watchlist.match(text))] += 1
    assert outcomes[1, True] >= 11
    assert outcomes[0, True] <= 1
