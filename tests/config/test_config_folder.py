"""What says whether the configuration folder was edited."""

from __future__ import annotations

import time

from newswatch.config.load import folder_signature


def test_folder_signature_sees_an_edit_of_the_same_length(tmp_path):
    rules = tmp_path / "watchlist.yaml"
    rules.write_text("a: 1\n", encoding="utf-8")
    before = folder_signature(tmp_path)
    time.sleep(0.02)
    rules.write_text("a: 2\n", encoding="utf-8")
    assert folder_signature(tmp_path) != before
    assert folder_signature(tmp_path) == folder_signature(tmp_path)
