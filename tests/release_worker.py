"""Works the resident stages of the release on PYTHONPATH, shift after shift, as a worker of Airflow does.

`python release_worker.py SHIFT_S`. Each shift that ends is a line of JSON on stdout: its stage, what was done, why it
ended early, and the error that ended it. The end of stdin ends the shifts, and then the process. It uses only what the release before has too.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from functools import partial
from pathlib import Path

from newswatch.assembly import services_from
from newswatch.errors import NewswatchError
from newswatch.pipeline.articles.run import stay_reading
from newswatch.pipeline.base import shift as shifts
from newswatch.pipeline.base.configuration import Share
from newswatch.pipeline.deliver.stay import stay_delivering
from newswatch.pipeline.match.run import stay_matching
from newswatch.pipeline.poll.stay import stay_polling
from newswatch.settings import settings_from

WORK = {
    "poll-1": partial(stay_polling, share=Share(1, 1)),
    "match": stay_matching,
    "articles": stay_reading,
    "deliver": stay_delivering,
}
PAUSE_S = 0.2
"""Between two shifts, so that another worker can have the next one."""


async def work(stage: str, shift_s: float, stopped: asyncio.Event) -> None:
    """One stage, until the process is stopped."""
    while not stopped.is_set():
        async with services_from(settings_from(os.environ, Path.cwd())) as services:
            shift = shifts.Shift(services, stage, shift_s)
            ending = asyncio.ensure_future(end(shift, stopped))
            did, refused = {}, ""
            try:
                did = (await WORK[stage](shift)).as_dict()
            except NewswatchError as error:
                refused = str(error)
            ending.cancel()
        row = {"stage": stage, "did": did, "why": shift.reason, "refused": refused}
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
        await asyncio.sleep(PAUSE_S)


async def end(shift: shifts.Shift, stopped: asyncio.Event) -> None:
    """End the shift when the process is stopped."""
    await stopped.wait()
    shift.end("the worker is stopped")


async def main(shift_s: float) -> None:
    """All stages, until stdin ends."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=listen, daemon=True).start()
    await asyncio.gather(*(work(stage, shift_s, stopped) for stage in WORK))


if __name__ == "__main__":
    shifts.BEAT_S = 0.5
    # In a thread, because four shifts in the main thread would take SIGTERM from each other.
    thread = threading.Thread(target=asyncio.run, args=(main(float(sys.argv[1])),))
    thread.start()
    thread.join()
