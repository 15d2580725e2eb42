"""config/ with the sample feeds added: the configuration that `make run` reads without a Slack token.

The overlay is a folder of links to everything in config/, and one file of its own: feeds.yaml, which is
that of config/ with the sample feeds as additional entries. The lines before them keep their numbers, so
an error in `check_config` has the line number that the editor shows. A feeds.yaml that is not valid YAML,
or does not have the expected form, is copied unchanged: `check_config` reports its errors. `.source` says how
people know config/, so that errors name its files.

`sync` is called every two seconds to follow edits of config/: by the launcher, and in
docker-compose.sim.yml by `python -m devtools.stack.overlay SOURCE TARGET SITE_URL`.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from newswatch.atomic_file import replace_file
from newswatch.config.shown_names import SOURCE

FEEDS_FILE = "feeds.yaml"
ROOT = Path(__file__).resolve().parents[2]
SYNC_EVERY_S = 2.0
SAMPLE_PATHS = {
    "sample-wire": "wire/rss.xml",
    "sample-markets": "markets/atom.xml",
    "sample-daily": "daily/feed.json",
}
"""The feeds of the sample site: id to path."""


@dataclass(frozen=True, slots=True)
class SampleFeed:
    """One feed of the sample site."""

    id: str
    url: str
    every: str = "15s"

    def entry(self, indent: str) -> str:
        """Its entry in feeds.yaml: one line in flow style, with the keys in the order of the documentation."""
        fields = f"id: {self.id}, url: '{self.url}', tags: [sample], every: {self.every}, allow_private: true"
        return f"{indent}- {{{fields}}}\n"


def sample_feeds(site_url: str) -> list[SampleFeed]:
    """The feeds of the sample site at `site_url` (without a closing slash)."""
    return [SampleFeed(name, f"{site_url}/{path}") for name, path in SAMPLE_PATHS.items()]


def with_sample_feeds(text: str, feeds: Sequence[SampleFeed]) -> str:
    """The text of feeds.yaml with the feeds added after its own. Unchanged if it cannot be read."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return text
    if root is not None and (not isinstance(root, yaml.MappingNode) or root.flow_style):
        return text
    own = None if root is None else next((value for key, value in root.value if key.value == "feeds"), None)
    if own is None:
        return _ended(text) + "feeds:\n" + "".join(feed.entry("  ") for feed in feeds)
    if isinstance(own, yaml.SequenceNode):
        return _after(text, own, feeds)
    empty = isinstance(own, yaml.ScalarNode) and own.value in {"", "null", "~"}
    return _in_place_of(text, own, feeds) if empty else text


def _after(text: str, own: yaml.SequenceNode, feeds: Sequence[SampleFeed]) -> str:
    known = {
        value.value
        for entry in own.value
        if isinstance(entry, yaml.MappingNode)
        for key, value in entry.value
        if key.value == "id"
    }
    new = [feed for feed in feeds if feed.id not in known]
    if not own.value:
        return _in_place_of(text, own, new)
    if own.flow_style:
        return text  # `feeds: [{...}]` on one line: it would have to be rewritten, so it stays as it is.
    indent = " " * own.start_mark.column
    lines = text.splitlines(keepends=True)
    at = own.value[-1].end_mark.line + (1 if own.value[-1].end_mark.column else 0)
    at = _back_over_blank(lines, at)
    lines[at - 1] = _ended(lines[at - 1])
    return "".join(lines[:at]) + "".join(feed.entry(indent) for feed in new) + "".join(lines[at:])


def _back_over_blank(lines: list[str], at: int) -> int:
    """The last line of a block's content. YAML's end mark of a block is where the next token begins."""
    at = min(at, len(lines))
    while at > 1 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    return at


def _in_place_of(text: str, empty: yaml.Node, feeds: Sequence[SampleFeed]) -> str:
    head, tail = text[: empty.start_mark.index], text[empty.end_mark.index :]
    if not feeds:
        return text
    rest = tail.split("\n", 1)
    after = rest[1] if len(rest) > 1 else ""
    return f"{head.rstrip(' ')}{rest[0]}\n" + "".join(feed.entry("  ") for feed in feeds) + after


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


class Overlay:
    """The overlay folder `target` over the configuration folder `source`."""

    def __init__(self, source: Path, target: Path, feeds: Sequence[SampleFeed]) -> None:
        self._source = source
        self._target = target
        self._feeds = tuple(feeds)
        self._read: bytes | None = None

    def sync(self) -> None:
        """Bring the overlay up to date. Files that were removed from config/ are removed here too."""
        self._target.mkdir(parents=True, exist_ok=True)
        names = set(_visible(self._source))
        for name in _visible(self._target):
            link = self._target / name
            if name not in names and (link.is_symlink() or name == FEEDS_FILE):
                link.unlink()
        try:
            for name in sorted(names - {FEEDS_FILE}):
                self._link(name)
            if FEEDS_FILE in names:
                self._write_feeds()
            if names and not (self._target / SOURCE).is_file():
                replace_file(self._target / SOURCE, f"{_known_as(self._source)}\n".encode())
        except FileNotFoundError:
            return  # An editor is replacing a file in config/ at this moment. The next call finds it.

    def _link(self, name: str) -> None:
        link, wanted = self._target / name, self._source / name
        if link.is_symlink() and link.readlink() == wanted:
            return
        if link.is_symlink():
            link.unlink()
        elif link.exists():
            # An editor has saved the file here and so replaced the link. It belongs in config/.
            shutil.move(link, wanted)
        link.symlink_to(wanted)

    def _write_feeds(self) -> None:
        content = (self._source / FEEDS_FILE).read_bytes()
        file = self._target / FEEDS_FILE
        if content == self._read and file.exists():
            return
        replace_file(file, _laid_over(content, self._feeds))
        self._read = content


def _known_as(source: Path) -> Path:
    """The folder as people know it: within the project, its path there."""
    found = source.resolve()
    return found.relative_to(ROOT) if found.is_relative_to(ROOT) else source


def _visible(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]


def _laid_over(content: bytes, feeds: Sequence[SampleFeed]) -> bytes:
    try:
        return with_sample_feeds(content.decode("utf-8"), feeds).encode()
    except UnicodeDecodeError:
        return content


def main(source: str, target: str, site_url: str) -> None:
    """Keep the overlay up to date until a signal ends the process."""
    overlay = Overlay(Path(source), Path(target), sample_feeds(site_url))
    while True:
        overlay.sync()
        time.sleep(SYNC_EVERY_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
