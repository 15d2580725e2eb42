"""Airflow runs every un-ignored .py below plugins/ under its bare name, at the start of every component.

A `plugins/x/redis.py` would replace the real `redis` in `sys.modules`, so nothing but the
registration file may be visible.
"""

import shutil
from pathlib import Path

from airflow._shared.module_loading import find_path_from_directory

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
REGISTRATION = "newswatch_plugin.py"


def visible_modules(folder):
    """What Airflow's plugin discovery would execute, relative to the folder."""
    found = find_path_from_directory(str(folder), ".airflowignore", "glob")
    return sorted(
        str(Path(path).relative_to(folder)) for path in found if Path(path).is_file() and path.endswith(".py")
    )


def test_airflowignore_hides_every_module_but_the_registration_file():
    assert [name for name in visible_modules(PLUGINS) if name != REGISTRATION] == []


def test_airflowignore_hides_a_module_that_would_replace_the_standard_library(tmp_path):
    shutil.copy(PLUGINS / ".airflowignore", tmp_path)
    for name in ("newswatch/types.py", "newswatch/store/redis.py", "newswatch_airflow/json.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert visible_modules(tmp_path) == []


def test_airflowignore_guard_sees_a_package_that_nobody_hid(tmp_path):
    shutil.copy(PLUGINS / ".airflowignore", tmp_path)
    (tmp_path / "stray").mkdir()
    (tmp_path / "stray" / "redis.py").touch()
    assert visible_modules(tmp_path) == ["stray/redis.py"]
