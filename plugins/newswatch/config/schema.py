"""The JSON Schemas in config/schema/, for completion and checks in editors.

`python -m newswatch.config.schema [FOLDER]` writes them, `--check` fails if they are out of date.
They come from the same table as the readers, so an editor and `newswatch check` agree on keys.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from newswatch.config.records import Record
from newswatch.config.shapes import FEEDS_FILE, RECEIVERS_FILE, WATCHLIST_FILE

FILES: dict[str, tuple[str, Record]] = {
    "feeds.json": ("newswatch feeds", FEEDS_FILE),
    "watchlist.json": ("newswatch watchlist", WATCHLIST_FILE),
    "receivers.json": ("newswatch receivers", RECEIVERS_FILE),
}
DEFAULT_FOLDER = Path("config/schema")


def render_schemas() -> dict[str, str]:
    """The text of each schema file, by file name."""
    rendered = {}
    for name, (title, record) in FILES.items():
        form = {"$schema": "http://json-schema.org/draft-07/schema#", "title": title, **record.schema()}
        rendered[name] = json.dumps(form, indent=2, ensure_ascii=False) + "\n"
    return rendered


def outdated(folder: Path) -> list[str]:
    """The names of schema files that are missing or differ from what would be written."""
    found = []
    for name, text in render_schemas().items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            found.append(name)
    return found


def write_schemas(folder: Path) -> None:
    """Write all schema files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render_schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Write, or with --check compare; 1 when something is out of date."""
    folders = [Path(argument) for argument in arguments if not argument.startswith("-")]
    folder = folders[0] if folders else DEFAULT_FOLDER
    if "--check" not in arguments:
        write_schemas(folder)
        return 0
    stale = outdated(folder)
    for name in stale:
        sys.stderr.write(f"{folder / name} is out of date: run python -m newswatch.config.schema\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
