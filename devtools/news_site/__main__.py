"""`python -m devtools.news_site --port 8082 --data FILE`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from devtools.news_site.press import Press
from devtools.news_site.site import build
from devtools.stdin_watch import end_with_stdin


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m devtools.news_site", description="A news site with three feeds."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--data", type=Path, help="file that keeps the editions; without it they are lost")
    parser.add_argument(
        "--every-s", type=float, default=240.0, help="seconds between editions; 0: on request only"
    )
    parser.add_argument(
        "--repeat-after-s", type=float, default=20.0, help="when the other feeds repeat the lead"
    )
    parser.add_argument("--root-url", help="the beginning of all links; default http://HOST:PORT")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input does")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until SIGINT or SIGTERM."""
    given = _arguments(argv)
    press = Press(time.time, repeat_after_s=given.repeat_after_s, data=given.data)
    root_url = (given.root_url or f"http://{given.host}:{given.port}").rstrip("/")
    app = build(press, root_url, every_s=given.every_s)
    if given.until_stdin_closes:
        end_with_stdin(app)
    print(f"News site: {root_url}/", flush=True)
    web.run_app(app, host=given.host, port=given.port, print=None, shutdown_timeout=0.5, access_log=None)


if __name__ == "__main__":
    main()
