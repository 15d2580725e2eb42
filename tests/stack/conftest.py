"""Stacks that are gone when their test is."""

import pytest
from stack_launcher import Stack


@pytest.fixture
def stack(tmp_path):
    stacks = []

    def make(data=None, **environ):
        stacks.append(Stack(data or tmp_path / "data", **environ))
        return stacks[-1]

    yield make
    for made in stacks:
        if made.process is not None and made.process.poll() is None:
            made.process.kill()
            made.process.wait()
        made.command("stop")
        for process in made.left():
            process.kill()
