"""The wheel, installed into a bare environment: no repository, and only what the wheel itself requires."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)  # all of Airflow is installed, beside other tests
ROOT = Path(__file__).resolve().parents[2]
BUILD = "import setuptools.build_meta as back, sys; print(getattr(back, sys.argv[1])(sys.argv[2]))"
OUTSIDE = dict(os.environ)
"""As it was before the tests, which trust one certificate authority."""
DAGS = {path.stem for path in (ROOT / "dags").glob("*.py")}
PINS = re.compile(r"^[\w.-]+==[^\\\n]+", re.MULTILINE)
BUNDLES = [{"name": "newswatch", "classpath": "newswatch_airflow.dag_bundle.NewswatchDags", "kwargs": {}}]

LOOK = """
import json
from airflow import plugins_manager
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag
from airflow.providers_manager import ProvidersManager
import newswatch

bundle = DagBundlesManager().get_bundle("newswatch")
bag = DagBag(str(bundle.path), bundle_path=bundle.path)
plugins, errors = plugins_manager._get_plugins()
fastapi_apps, _ = plugins_manager.get_fastapi_plugins()
mine = [app for app in fastapi_apps if app["name"] == "newswatch"]
from starlette.testclient import TestClient
with TestClient(mine[0]["app"]) as visitor:
    anonymous = visitor.get("/runbook").status_code
from newswatch.places import DOCS
print(json.dumps({
    "where": newswatch.__file__,
    "dags": sorted(bag.dags),
    "dag errors": bag.import_errors,
    "plugins": [plugin.name for plugin in plugins if plugin.name == "newswatch"],
    "plugin errors": errors,
    "apps": len(mine),
    "anonymous": anonymous,
    "runbook": (DOCS / "runbook.md").is_file(),
    "provider": ProvidersManager().providers["newswatch"].version,
}))
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Built from the files that git knows, via the source distribution: what is missing there shows."""
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith(("tests/", "bench/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    build(source, "build_sdist", folder)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder / "unpacked")
    (unpacked,) = (folder / "unpacked").iterdir()
    build(unpacked, "build_wheel", folder)
    in_plugins = [*source.glob("plugins/*.egg-info"), *unpacked.glob("plugins/*.egg-info")]
    assert in_plugins == [], "Airflow would find the entry point twice"
    (made,) = folder.glob("*.whl")
    return made


def build(source, kind, folder):
    subprocess.run([sys.executable, "-c", BUILD, kind, folder], cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory):
    """A virtual environment of its own with the wheel and what it says it needs. uv takes a tenth of pip's time."""
    folder = tmp_path_factory.mktemp("bare")
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(PINS.findall((ROOT / "requirements.txt").read_text("utf-8"))))
    made = folder / "env"
    subprocess.run([sys.executable, "-m", "venv", made], check=True)
    pip = [made / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "uv"]
    if subprocess.run(pip, check=False, capture_output=True, env=OUTSIDE).returncode:
        pytest.skip("pip reaches no package index")
    uv = [made / "bin" / "uv", "pip", "install", "--python", made / "bin" / "python"]
    done = subprocess.run(
        [*uv, "--constraint", constraints, wheel], check=False, capture_output=True, text=True, env=OUTSIDE
    )
    assert done.returncode == 0, done.stderr
    return made


def run(environment, cwd, *command, **variables):
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "AIRFLOW_HOME": str(cwd / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
        **variables,
    }
    program = environment / "bin" / command[0]
    return subprocess.run(
        [program, *command[1:]], cwd=cwd, env=env, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.heavy
def test_wheel_and_source_have_the_dags_the_pages_and_the_data(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"newswatch/shipped/dags/{name}.py" for name in DAGS} <= names
    for name in (
        "newswatch/shipped/docs/runbook.md",
        "newswatch/shipped/docs/adr/0013-stages-that-stay.md",
        "newswatch/packs/central_banks.yaml",
        "newswatch/store/lua/prelude.lua",
        "newswatch/rules/query.lark",
        "newswatch/rules/data/forms/english.z",
        "newswatch_airflow/ui/templates/base.html",
        "newswatch_airflow/ui/static/newswatch.js",
    ):
        assert name in names
    assert not [
        name for name in names if name.startswith(("devtools", "tests", "config", "newswatch_plugin"))
    ]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["no plugins folder", "our plugins folder too"])
def test_installed_package_gives_airflow_the_dags_and_the_plugin_once(environment, tmp_path, folder):
    plugins = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins")} if folder.startswith("our") else {}
    done = run(environment, tmp_path, "python", "-c", LOOK, **plugins)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert str(environment) in seen["where"]
    assert seen["dag errors"] == {}
    assert set(seen["dags"]) == DAGS
    assert seen["plugins"] == ["newswatch"]
    assert seen["plugin errors"] == {}
    assert seen["apps"] == 1
    assert seen["anonymous"] == 401
    assert seen["runbook"]
    assert seen["provider"] == wheel_version(environment)


def wheel_version(environment):
    (info,) = (environment / "lib").glob("python*/site-packages/newswatch-*.dist-info")
    return info.name.removeprefix("newswatch-").removesuffix(".dist-info")


@pytest.mark.slow
def test_what_the_wheel_requires_fits_together(environment):
    pip = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    done = subprocess.run([*pip, "check"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_installed_command_finds_the_configuration_of_the_folder_it_is_started_in(environment, tmp_path):
    missing = run(environment, tmp_path, "newswatch", "check")
    assert missing.returncode == 1
    text = missing.stdout + missing.stderr
    assert f"{tmp_path}/config" in text
    assert "NEWSWATCH_CONFIG" in text
    assert "site-packages" not in text
    shutil.copytree(ROOT / "config", tmp_path / "config")
    here = run(environment, tmp_path, "newswatch", "check")
    assert here.returncode == 0, here.stdout + here.stderr
    named = run(environment, environment, "newswatch", "check", NEWSWATCH_CONFIG=str(tmp_path / "config"))
    assert named.returncode == 0, named.stdout + named.stderr


@pytest.mark.slow
def test_installed_command_writes_the_dag_files_and_leaves_other_files_alone(environment, tmp_path):
    shown = json.loads(run(environment, tmp_path, "newswatch", "dags", "--json").stdout)
    assert shown["bundle"] == BUNDLES[0]
    assert {name.removesuffix(".py") for name in shown["files"]} == DAGS
    target = tmp_path / "dags"
    for _ in range(2):
        assert run(environment, tmp_path, "newswatch", "dags", "--write", str(target)).returncode == 0
    assert {path.stem for path in target.glob("*.py")} == DAGS
    written = (target / "poll_feeds.py").read_text()
    assert written.endswith((ROOT / "dags" / "poll_feeds.py").read_text())
    (target / "poll_feeds.py").write_text("# mine\n")
    refused = run(environment, tmp_path, "newswatch", "dags", "--write", str(target))
    assert refused.returncode == 1
    assert "poll_feeds.py" in refused.stderr
    assert (target / "poll_feeds.py").read_text() == "# mine\n"
