"""The editor's bundle is what its recipe says, with its licences, and names no other server."""

import hashlib
import json
import re

from airflow_sandbox import ROOT

RECIPE = ROOT / "devtools" / "editor_bundle"
STATIC = ROOT / "plugins" / "newswatch_airflow" / "ui" / "static"


def test_bundle_is_as_new_as_its_recipe():
    recipe = hashlib.sha256()
    for name in ("build.mjs", "entry.js", "package-lock.json"):
        recipe.update((RECIPE / name).read_bytes())
    head = (STATIC / "codemirror.js").read_text("utf-8")[:300]
    assert recipe.hexdigest() in head, "run `make editor`"


def test_lock_has_hashes_and_no_host():
    text = (RECIPE / "package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    assert all("integrity" in one for name, one in packages.items() if name)
    assert "://" not in text


def test_every_package_that_the_bundle_needs_has_its_licence_beside_it():
    packages = json.loads((RECIPE / "package-lock.json").read_text("utf-8"))["packages"]
    needed = {
        name.removeprefix("node_modules/") for name, one in packages.items() if name and not one.get("dev")
    }
    licences = (STATIC / "codemirror.licences.txt").read_text("utf-8")
    assert needed <= set(re.findall(r"^((?:@[\w-]+/)?[\w-]+) \d+\.\d+\.\d+$", licences, re.MULTILINE))


def test_bundle_asks_no_other_server():
    found = set(re.findall(r"\bhttps?://[^\"'`\s)]+", (STATIC / "codemirror.js").read_text("utf-8")))
    assert found <= {"http://www.w3.org/2000/svg"}
