"""A newcomer follows the README and the guide to rules on a fresh clone: every command line, every example, beside `make run`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig

import pytest
from stack_launcher import ROOT, free_ports, until

BOOT_S, ALERT_S, STOP_S = 900.0, 300.0, 180.0
HEADLINE = "Ministries want mining legalised"
TEXT = (ROOT / "README.md").read_text("utf-8")
LINE = re.compile(r"^    ((?:make|\.venv/bin/).*)$|`((?:make|\.venv/bin/newswatch) [^`]+)`", re.MULTILINE)
EXAMPLE = re.compile(r"In \[(config/[a-z]+\.yaml)\][^\n]*\n\n```yaml\n(.*?)```", re.DOTALL)
FOR_EXAMPLE = {
    "feeds preview URL": "feeds preview sample-wire",
    '--title "…" --summary "…"': f'--title "{HEADLINE}" --summary "The central bank opposes it."',
    '"the item\'s link, its title or its id"': f'"{HEADLINE}"',
}
GUIDE = re.compile(r"^    (newswatch [^\n]*)$", re.MULTILINE)
"""The command lines of docs/rules.md."""
ON_THE_INTERNET = "https://news.example/"
NOT_BESIDE_IT = ("make run", "make stop", "make test")
MAY_FIND_SOMETHING = ("setup slack", "doctor", "feeds")
"""Commands that may also end with 1: there is no Slack, and no internet."""


def lines():
    """The command lines of the README, in its order, each once; its placeholders are filled in."""
    found = [" ".join((block or inline).partition(" # ")[0].split()) for block, inline in LINE.findall(TEXT)]
    for placeholder, example in FOR_EXAMPLE.items():
        found = [line.replace(placeholder, example) for line in found]
    return list(dict.fromkeys(found))


def guide():
    """Those of the guide to rules, as they are typed in a clone."""
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    found = [line.partition("  #")[0].strip() for line in GUIDE.findall(text)]
    return [f".venv/bin/{line}" for line in found if ON_THE_INTERNET not in line]


@pytest.fixture
def clone(tmp_path):
    """What `git clone` and the installation of `make run` bring, in a folder with a space. Packages are those of this Python."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a clone")
    folder = tmp_path / "a folder" / "newswatch"
    git = ("git", "-C", str(ROOT))
    subprocess.run([*git, "clone", "--quiet", str(ROOT), str(folder)], check=True)
    changed = subprocess.check_output([*git, "ls-files", "-z", "-m", "-o", "--exclude-standard"], text=True)
    for name in filter(None, changed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, folder / name)
        else:
            (folder / name).unlink()
    made = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    (packages,) = made.glob("lib/python*/site-packages")
    (packages / "zz_packages.pth").write_text(
        f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n", encoding="utf-8"
    )
    pip = [made / "bin" / "python", "-m", "pip", "--quiet", "install", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--editable", "."], cwd=folder, check=True)
    for stamp in (".made", ".run", ".dev"):
        (made / stamp).touch()
    return folder


@pytest.fixture
def shell(clone):
    """Runs a line as it would be typed in the clone, with nothing of ours set."""
    own = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("AIRFLOW", "NEWSWATCH", "REDIS", "SLACK", "PYTHON", "VIRTUAL_ENV"))
    }

    def run(line):
        return subprocess.run(
            ["bash", "-c", line],
            cwd=clone,
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    run.environment = own
    return run


@pytest.fixture
def running(clone, shell):
    """`make run` in the clone, in its own session; ended by `make stop` at the latest."""
    log = clone.parent / "make run.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env={**shell.environment, **free_ports()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    process.output = lambda: log.read_text("utf-8", "replace")
    yield process
    shell("make stop")
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.timeout(2400)
def test_lines_of_the_readme_and_of_the_guide_work_on_a_fresh_clone_beside_make_run(clone, shell, running):
    until(lambda: "newswatch is up" in running.output() or running.poll() is not None, BOOT_S)
    assert running.poll() is None, running.output()
    for name, text in EXAMPLE.findall(TEXT):
        with (clone / name).open("a", encoding="utf-8") as file:
            file.write(text)
    shown = [line for line in [*lines(), *guide()] if line not in NOT_BESIDE_IT]
    assert len(shown) >= 20
    for line in shown:
        done = shell(line)
        may_be = {0, 1} if line.removeprefix(".venv/bin/newswatch ") in MAY_FIND_SOMETHING else {0}
        assert done.returncode in may_be, (line, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr, line
        if " demo " in line:
            until(lambda: HEADLINE in shell(".venv/bin/newswatch alerts").stdout, ALERT_S)
    assert shell("make stop").returncode == 0
    assert running.wait(STOP_S) == 0


def test_examples_of_the_readme_fit_into_the_files_that_it_names(shell, clone):
    found = EXAMPLE.findall(TEXT)
    assert [name for name, _ in found] == ["config/feeds.yaml", "config/watchlist.yaml"]
    for name, text in found:
        with (clone / name).open("a", encoding="utf-8") as file:
            file.write(text)
    done = shell(".venv/bin/newswatch check")
    assert done.returncode == 0, done.stdout
    assert "warning" not in done.stdout, done.stdout


def test_make_knows_every_target_that_the_readme_names(shell):
    for line in lines():
        if line.startswith("make "):
            assert shell(line.replace("make ", "make --dry-run ", 1)).returncode == 0, line
