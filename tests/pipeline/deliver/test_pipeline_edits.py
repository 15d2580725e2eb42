"""The resident that delivers looks at the configuration folder, applies edits, and says so to Airflow."""

from __future__ import annotations

import asyncio

import pytest

from newswatch.errors import RedisUnavailable
from newswatch.pipeline.base.shift import Shift
from newswatch.pipeline.deliver.edits import Edits

RULES = "rules:\n  - {{id: opposes, query: central bank {}, severity: high, notify: [policy]}}\n"


class Looks:
    """Looks of one shift, and how often Airflow was asked for a check."""

    def __init__(self) -> None:
        self.checks = 0
        self.away = False

    async def edited(self) -> None:
        if self.away:
            raise RedisUnavailable("the api-server is away")
        self.checks += 1

    def at(self, services) -> Edits:
        return Edits(Shift(services, "deliver", 60.0, edited=self.edited))


def test_each_edit_is_checked_once_valid_or_not(newsroom):
    newsroom.write("watchlist.yaml", RULES.format("opposes"))
    newsroom.run()
    looks = Looks()

    async def shift(services) -> list[int]:
        edits, seen = looks.at(services), []
        for text in ("", RULES.format("bans"), "", "rules: [", "", RULES.format("bans"), ""):
            if text:
                newsroom.write("watchlist.yaml", text)
            await edits.apply()
            seen.append(looks.checks)
        return seen

    assert newsroom._do(shift) == [0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("text", [RULES.format("bans"), "rules: ["])
def test_edit_between_two_shifts_is_checked_too(newsroom, text):
    newsroom.write("watchlist.yaml", RULES.format("opposes"))
    newsroom.run()
    newsroom.write("watchlist.yaml", text)
    looks = Looks()
    newsroom._do(lambda services: looks.at(services).apply())
    assert looks.checks == 1


def test_airflow_that_does_not_answer_holds_up_no_beat_and_no_later_edit(newsroom):
    newsroom.run()
    asked, answer = [], asyncio.Event()

    async def edited() -> None:
        asked.append(None)
        await answer.wait()

    async def shift(services) -> None:
        edits = Edits(Shift(services, "deliver", 60.0, edited=edited))
        await edits.apply()
        for words in ("bans", "permits"):
            newsroom.write("watchlist.yaml", RULES.format(words))
            await asyncio.wait_for(edits.apply(), 20)
        assert len(asked) == 1
        answer.set()
        await edits.apply()
        await edits.apply()

    newsroom._do(shift)
    assert len(asked) == 2


def test_check_is_asked_for_again_until_airflow_answers(newsroom):
    newsroom.run()
    looks = Looks()

    async def shift(services) -> None:
        edits = looks.at(services)
        await edits.apply()
        newsroom.write("watchlist.yaml", RULES.format("bans"))
        looks.away = True
        with pytest.raises(RedisUnavailable):
            await edits.apply()
        looks.away = False
        await edits.apply()
        await edits.apply()

    newsroom._do(shift)
    assert looks.checks == 1
