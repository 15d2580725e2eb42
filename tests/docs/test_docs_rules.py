"""The first rule that the guide to rules shows: the check has nothing to say about it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from newswatch.pipeline.base.configuration import check_files
from newswatch.settings import settings_from

GUIDE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
RULE = re.search(r"```yaml\n(rules:\n.*?)```", GUIDE, re.DOTALL)[1]


@pytest.fixture
def loaded(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "watchlist.yaml").write_text(RULE, "utf-8")
    (folder / "feeds.yaml").write_text("feeds:\n  - {id: wire, url: 'https://news.example/feed'}\n", "utf-8")
    receivers = "receivers:\n  - {id: policy, channel: C0000000001}\n  - {id: ops, channel: C0000000002}\n"
    (folder / "receivers.yaml").write_text(receivers, "utf-8")
    return check_files(settings_from({"NEWSWATCH_CONFIG": str(folder)}, tmp_path), date(2026, 11, 27))


def test_first_rule_of_the_guide_has_neither_errors_nor_warnings(loaded):
    assert list(loaded.problems) == []
