"""Keys are spelled in one module and one prelude, which agree."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest

import newswatch
from newswatch.store import keys
from newswatch.store.client import connect, script_text

ROOT = Path(newswatch.__file__).parent
PLUGINS = ROOT.parent
PRELUDE = (ROOT / "store" / "lua" / "prelude.lua").read_text("utf-8")
SCRIPTS = sorted(path.stem for path in (ROOT / "store" / "lua").glob("*.lua") if path.stem != "prelude")

NOT_KEYS = ("newswatch: ", "newswatch:{name}:")
"""The prefix of the webhook's text, and of Slack's block ids."""


async def test_prelude_spells_each_key_as_the_module_does(redis_url):
    names = """
    local found = {}
    for name, value in pairs(key) do
      found[name] = type(value) == 'function' and value('a', 'b', 'c') or value
    end
    return cjson.encode(found)
    """
    async with connect(redis_url) as redis:
        found = json.loads(await redis.eval(PRELUDE + names, 0))
    expected = {}
    for name in found:
        value = getattr(keys, name)
        count = len(inspect.signature(value).parameters) if callable(value) else 0
        expected[name] = value(*"abc"[:count]) if callable(value) else value
    assert found == expected


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_spells_no_key(script):
    text = (ROOT / "store" / "lua" / f"{script}.lua").read_text("utf-8")
    code = "\n".join(line.partition("--")[0] for line in text.splitlines())
    assert "newswatch:" not in code
    assert not re.search(r"KEYS\[\d+\] \.\.", code)


def test_no_other_module_spells_a_key():
    for path in sorted(PLUGINS.rglob("*.py")):
        if path == ROOT / "store" / "keys.py":
            continue
        source = path.read_text("utf-8")
        code = re.sub(r'""".*?"""', "", source, flags=re.DOTALL)
        for found in re.findall(r"""["'](newswatch:[^"']*)""", code):
            assert found.startswith(NOT_KEYS), f"{path.name} spells {found}"
        assert not re.search(r"\{keys\.[^}]*\}:|keys\.[A-Z_]+ \+", code), path.name


def test_every_key_of_the_module_is_in_its_table():
    for name, value in vars(keys).items():
        if callable(value) and inspect.getmodule(value) is keys:
            key = value(*("{}" for _ in inspect.signature(value).parameters)).removeprefix("newswatch:")
            assert f"| {key.partition('{')[0]}" in (keys.__doc__ or ""), name


@pytest.mark.parametrize("script", SCRIPTS)
async def test_script_compiles_behind_the_prelude(redis_url, script):
    async with connect(redis_url) as redis:
        assert await redis.script_load(script_text(script))
