"""A watchlist that cannot be written here: the editor says where it comes from."""

from pathlib import Path

import pytest

from newswatch.pipeline.authoring import editing


@pytest.fixture
def read_only(monkeypatch):
    """Tests may run as root, whom no permission stops."""

    def refuse(*_words, **_options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(editing.tempfile, "TemporaryFile", refuse)


def opened(folder: Path) -> str:
    return editing.read_file(folder, "watchlist.yaml").refusal


def test_config_map_is_named(read_only, tmp_path):
    content = tmp_path / "newswatch" / "..2026_11_27_04_00_00.123"
    content.mkdir(parents=True)
    (content / "watchlist.yaml").write_text("rules: []\n")
    (tmp_path / "newswatch" / "..data").symlink_to(content.name)
    (tmp_path / "newswatch" / "watchlist.yaml").symlink_to("..data/watchlist.yaml")
    refusal = opened(tmp_path / "newswatch")
    assert refusal.startswith(
        f"{tmp_path / 'newswatch'} cannot be written by the api-server (Read-only file system)"
    )
    assert "ConfigMap" in refusal


def test_commit_that_git_sync_fetched_is_named(read_only, tmp_path):
    commit = "0123456789abcdef0123456789abcdef01234567"
    content = tmp_path / ".worktrees" / commit / "config"
    content.mkdir(parents=True)
    (content / "watchlist.yaml").write_text("rules: []\n")
    (tmp_path / "current").symlink_to(f".worktrees/{commit}")
    assert "commit 0123456789 of a git repository" in opened(tmp_path / "current" / "config")


def test_other_folder_is_to_be_edited_at_its_source(read_only, tmp_path):
    (tmp_path / "watchlist.yaml").write_text("rules: []\n")
    assert "edit the file at its source" in opened(tmp_path)
