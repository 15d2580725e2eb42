"""The processes of a stack: starting children, finding all their descendants, ending them.

There are three ways to recognise a process of the stack, because each alone misses some:

- It is a descendant of the launcher. As a subreaper (Linux) the launcher also inherits the children of a
  component that has died: LocalExecutor's workers survive a killed scheduler.
- Its environment contains the stack's id. This works after the launcher was killed too. But a process
  that sets its title, as Airflow's do, overwrites its environment as the kernel shows it.
- It is in the session of a recorded child. Every child starts a session of its own.

No process is ever ended because of its name.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from devtools.stack.environment import STACK_ID
from newswatch.atomic_file import replace_file

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, even if its pid is used again: the pid, and when it started, in epoch seconds."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """The identity of a running process. Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The process, None if it has ended."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1.0
        except psutil.NoSuchProcess:
            return None
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None


@dataclass(frozen=True, slots=True)
class StackRecord:
    """The record of a running stack, for `stop` and for the start after a crash."""

    stack_id: str
    launcher: ProcessIdentity
    children: tuple[ProcessIdentity, ...] = field(default=())

    def save(self, file: Path) -> None:
        """Replace the file in one step, so that a reader never sees half of it. Raises OSError."""
        replace_file(file, json.dumps(asdict(self), indent=1).encode())

    @classmethod
    def load(cls, file: Path) -> StackRecord | None:
        """The record in the file, None if there is none or it cannot be read."""
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            children = tuple(ProcessIdentity(**child) for child in data["children"])
            return cls(data["stack_id"], ProcessIdentity(**data["launcher"]), children)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


def become_subreaper() -> None:
    """Inherit the orphans of our children. On other systems than Linux only ids and sessions find them."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spawn(
    command: Sequence[str], environ: Mapping[str, str], log: Path, folder: Path
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, so that Ctrl-C does not reach it, with its output in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def members(stack_id: str, children: Iterable[ProcessIdentity]) -> list[psutil.Process]:
    """Every running process of the stack except this one."""
    me = psutil.Process()
    found = {process.pid: process for process in me.children(recursive=True)}
    sessions = {child.pid: child for child in children}
    for process in psutil.process_iter():
        if process.pid != me.pid and process.pid not in found and _belongs(process, stack_id, sessions):
            found[process.pid] = process
    return [process for process in found.values() if _alive(process)]


def _belongs(process: psutil.Process, stack_id: str, sessions: Mapping[int, ProcessIdentity]) -> bool:
    try:
        leader = sessions.get(os.getsid(process.pid))
        if leader is not None and process.create_time() >= leader.started - 1.0 and not _taken_over(leader):
            return True
        return bool(process.uids().real == os.getuid() and process.environ().get(STACK_ID) == stack_id)
    except (psutil.Error, ProcessLookupError, PermissionError):
        return False


def _taken_over(leader: ProcessIdentity) -> bool:
    """Whether the leader's number now belongs to another process, whose session is none of ours."""
    return psutil.pid_exists(leader.pid) and leader.process() is None and not _zombie(leader.pid)


def _zombie(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def reap(own: Iterable[int] = ()) -> None:
    """Take the exit codes of orphans we inherited. `own` are children whose codes others wait for."""
    kept = set(own)
    for child in psutil.Process().children():
        if child.pid not in kept and _zombie(child.pid):
            with suppress(ChildProcessError):
                os.waitpid(child.pid, os.WNOHANG)


def end_all(stack_id: str, children: Sequence[ProcessIdentity], grace_s: float) -> int:
    """End every process of the stack: SIGTERM, after `grace_s` SIGKILL, until none is left.

    Returns how many there were. Processes started while we look are found in the next round.
    """
    first = members(stack_id, children)
    _signal(first, signal.SIGTERM)
    _wait(stack_id, children, grace_s)
    while left := members(stack_id, children):
        _signal(left, signal.SIGKILL)
        _wait(stack_id, children, 1.0)
    return len(first)


def _wait(stack_id: str, children: Sequence[ProcessIdentity], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        reap()
        if not members(stack_id, children):
            return
        time.sleep(0.1)


def _signal(processes: Iterable[psutil.Process], how: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
