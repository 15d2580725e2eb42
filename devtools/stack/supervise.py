"""Starting components in order, restarting what dies, stopping everything."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from devtools.stack import StackError
from devtools.stack.components import Component
from devtools.stack.processes import ProcessIdentity, StackRecord, end_all, reap, spawn

_STEADY_S = 60.0
_TICK_S = 0.2
_SETTLE_S = 2.0
_ORPHANS_EVERY_S = 2.0
"""Finding orphans reads the state of every process of the machine."""


def restart_delay_s(failures: int) -> float:
    """How long to wait before the next start after so many failures in a row: 1, 2, 4 … 30 s."""
    return float(min(2 ** max(failures - 1, 0), 30))


@dataclass(slots=True)
class _Running:
    component: Component
    process: subprocess.Popen[bytes]
    since: float
    failures: int = 0
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """The running components. While it waits it calls `stopping`; `say` prints a line for the user."""

    stack_id: str
    environ: Mapping[str, str]
    root: Path
    logs: Path
    record: Path
    say: Callable[[str], None]
    stopping: Callable[[], bool]
    _running: dict[str, _Running] = field(default_factory=dict)
    _children: list[ProcessIdentity] = field(default_factory=list)
    _jobs: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _orphans_at: float = 0.0

    def open(self) -> None:
        """Write the record before anything starts."""
        self._save()

    def start(self, component: Component) -> None:
        """Start a component. From then on `watch` watches it."""
        process = self._spawn(component.name, component.command)
        self._running[component.name] = _Running(component, process, time.monotonic())

    def wait_ready(self, components: Sequence[Component], timeout_s: float) -> bool:
        """Wait until all are ready. False if the stack is stopping.

        Raises StackError if one of them has ended or takes too long.
        """
        waiting = list(components)
        deadline = time.monotonic() + timeout_s
        while waiting:
            for component in list(waiting):
                if component.ready():
                    waiting.remove(component)
                    self.say(f"  {component.name:<14} ready  {component.where}".rstrip())
                elif (code := self._running[component.name].process.poll()) is not None:
                    raise StackError(
                        f"{component.name} ended with {_ending(code)}:\n{self.tail(component.name)}"
                    )
            if self.stopping():
                return False
            if waiting and time.monotonic() > deadline:
                late = waiting[0].name
                raise StackError(f"{late} was not ready after {timeout_s:.0f} s:\n{self.tail(late)}")
            time.sleep(_TICK_S if waiting else 0)
        return True

    def run_job(self, name: str, command: Sequence[str], timeout_s: float) -> bool:
        """Run a command to its end. False if the stack is stopping.

        Raises StackError if the command fails or takes too long.
        """
        process = self._spawn(name, command)
        deadline = time.monotonic() + timeout_s
        while process.poll() is None:
            if self.stopping():
                return False
            if time.monotonic() > deadline:
                raise StackError(f"{name} did not end within {timeout_s:.0f} s:\n{self.tail(name)}")
            time.sleep(_TICK_S)
        if process.returncode:
            raise StackError(f"{name} failed with {_ending(process.returncode)}:\n{self.tail(name)}")
        return True

    def start_job(self, name: str, command: Sequence[str]) -> None:
        """Start a command that runs beside the components. Its failure has no effect."""
        self._jobs.append(self._spawn(name, command))

    def watch(self) -> None:
        """Check all components once, and restart those that have ended. Now and then, reap children and end idle orphans."""
        now = time.monotonic()
        for running in self._running.values():
            self._look_at(running, now)
        self._jobs = [job for job in self._jobs if job.poll() is None]
        if now >= self._orphans_at:
            reap(self._own())
            self._end_idle_orphans()
            self._orphans_at = now + _ORPHANS_EVERY_S

    def stop(self, stages: Sequence[tuple[Sequence[str], float]], hurry: Callable[[], bool]) -> None:
        """End the components stage by stage, each stage with its seconds of grace, then all other processes.

        The component gets SIGTERM, and so do its tasks: residents end their shift then, others ignore it, and the
        scheduler lets them all finish. When `hurry` is true there is no more waiting.
        """
        for names, grace_s in stages:
            stage = [self._running[name].process for name in names if name in self._running]
            for process in stage:
                if process.poll() is None:
                    process.terminate()
                    for task in _tasks(process.pid):
                        with suppress(psutil.NoSuchProcess):
                            task.terminate()
            self._wait_gone(stage, grace_s, hurry)
        end_all(self.stack_id, self._children, grace_s=1.0)
        for running in self._running.values():
            running.process.poll()
        self.record.unlink(missing_ok=True)

    def tail(self, name: str, lines: int = 12) -> str:
        """The last lines of a component's output."""
        try:
            text = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        process = spawn(command, self.environ, self.logs / f"{name}.log", self.root)
        self._children = [child for child in self._children if child.process() is not None]
        self._children.append(ProcessIdentity.of(process.pid))
        self._save()
        return process

    def _save(self) -> None:
        StackRecord(self.stack_id, ProcessIdentity.of(psutil.Process().pid), tuple(self._children)).save(
            self.record
        )

    def _own(self) -> set[int]:
        pids = {running.process.pid for running in self._running.values()}
        return pids | {job.pid for job in self._jobs}

    def _look_at(self, running: _Running, now: float) -> None:
        code = running.process.poll()
        if code is None:
            if now - running.since > _STEADY_S:
                running.failures = 0
            return
        name = running.component.name
        if running.restart_at is None:
            running.failures += 1
            delay = restart_delay_s(running.failures)
            running.restart_at = now + delay
            self.say(
                f"{name} ended with {_ending(code)}, starting it again in {delay:.0f} s:\n{self.tail(name, 5)}"
            )
        elif now >= running.restart_at:
            running.process = self._spawn(name, running.component.command)
            running.since, running.restart_at = now, None

    def _end_idle_orphans(self) -> None:
        """End the orphans that we inherited from a dead component, but not a worker with a running task.

        The workers of a killed scheduler would wait forever for new tasks. A task process without its
        worker cannot report its result.
        """
        own = self._own()
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                if child.pid not in own and child.status() != psutil.STATUS_ZOMBIE and not _children(child):
                    child.kill()

    def _wait_gone(
        self, processes: Sequence[subprocess.Popen[bytes]], grace_s: float, hurry: Callable[[], bool]
    ) -> None:
        """Wait for processes that got SIGTERM, but after _SETTLE_S only for those that run a task.

        Airflow's scheduler lets its tasks finish and then hangs at its own exit. So waiting makes sense
        only while it has a child (a worker) that has a child (a task).
        """
        start = time.monotonic()
        while left := [process for process in processes if process.poll() is None]:
            waited = time.monotonic() - start
            idle = waited > _SETTLE_S and not any(_at_work(process.pid) for process in left)
            if idle or waited > grace_s or hurry():
                return
            reap(self._own())
            time.sleep(0.05)


def _at_work(pid: int) -> bool:
    return bool(_tasks(pid))


def _tasks(pid: int) -> list[psutil.Process]:
    """The processes of a scheduler's tasks: the children of its children."""
    with suppress(psutil.NoSuchProcess):
        return [task for child in psutil.Process(pid).children() for task in _children(child)]
    return []


def _children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [child for child in process.children() if child.status() != psutil.STATUS_ZOMBIE]
    return []


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
