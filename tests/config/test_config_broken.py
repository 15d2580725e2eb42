"""Each file in broken/ is a configuration with one defect, named for it.

Its first lines say what `check` must print: `# expect LINE:COL SEVERITY MESSAGE-PART`, all of it
and nothing else. The other files of the folder come from healthy/.
"""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from config_fakes import EasyChecker

from newswatch.config.load import load_config

HERE = Path(__file__).parent
FIXTURES = sorted((HERE / "broken").glob("*/*.yaml"))
TODAY = date(2026, 11, 22)


def test_broken_fixtures_are_many():
    assert len([path for path in FIXTURES if path.parent.name == "watchlist"]) >= 40


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_check_names_place_and_defect_of(fixture, tmp_path):
    target = f"{fixture.parent.name}.yaml"
    folder = tmp_path / "config"
    shutil.copytree(HERE / "healthy", folder)
    # other rules name feeds and receivers that a broken file may lack
    if target == "feeds.yaml":
        (folder / "watchlist.yaml").write_text("rules: []\n")
    if target == "receivers.yaml":
        (folder / "watchlist.yaml").write_text("rules: []\n")
    shutil.copy(fixture, folder / target)
    expected = re.findall(r"^# expect (\d+):(\d+) (error|warning) ?(.*)$", fixture.read_text(), re.MULTILINE)

    loaded = load_config(folder, EasyChecker(), today=TODAY)

    found = list(loaded.problems)
    assert len(found) == len(expected), "\n".join(map(str, found))
    for line, col, severity, part in expected:
        hit = [
            p
            for p in found
            if (p.line, p.col, p.severity) == (int(line), int(col), severity) and part in p.message
        ]
        assert hit, f"no {severity} {line}:{col} {part!r} among:\n" + "\n".join(map(str, found))
        assert hit[0].file == str(folder / target)
    assert (loaded.draft is None) == any(severity == "error" for _, _, severity, _ in expected)
    assert "geheim" not in "".join(map(str, found))
