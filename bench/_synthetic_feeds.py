"""The feeds that the contestants poll: documents of 20 to 200 KB, or smaller, of which some change in each cycle."""

from __future__ import annotations

import random
from collections.abc import Callable

from bench._raw_server import WORDS

TEMPLATES = 60
_NAMES = (
    "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:content='http://purl.org/rss/1.0/modules/content/'"
)


def item(number: int, dice: random.Random) -> str:
    """One RSS item. @@ will be replaced by the number of its feed."""
    text = " ".join(dice.choices(WORDS, k=120))
    link = f"https://bench.example/@@/{number}"
    return (
        f"<item><title>{text[:70]} {number}</title><link>{link}</link><guid isPermaLink='false'>@@-{number}</guid>"
        f"<dc:creator>A. Writer</dc:creator><category>markets</category><category>policy</category>"
        f"<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate><media:content url='{link}.jpg' medium='image'/>"
        f"<description>{text[:200]}</description><content:encoded><![CDATA[<p><img src='{link}.jpg' alt='x'>"
        f"<a href='/{number}'>{text[:40]}</a> <em>{text[40:90]}</em>{text[90:400]}</p><p>{text[400:]}</p>]]>"
        f"</content:encoded></item>"
    )


class SyntheticFeeds:
    """The documents of all feeds, as they are in the current cycle."""

    def __init__(self, shrink: int) -> None:
        self.changed_percent = 5
        self.validators = True
        self.cycle = 0
        self._revisions: dict[int, int] = {}
        self._templates = [self._template(n, shrink) for n in range(TEMPLATES)]

    def _template(self, seed: int, shrink: int) -> str:
        dice = random.Random(seed)
        size, total = dice.randrange(20_000, 200_000) // shrink, 0
        rows: list[str] = []
        while total < size:
            rows.append(item(len(rows), dice))
            total += len(rows[-1])
        return "".join(rows)

    def begin_cycle(self, feeds: int, percent: int) -> None:
        """Give two new items to this percentage of the feeds."""
        self.cycle += 1
        for number in random.Random(self.cycle).sample(range(feeds), feeds * percent // 100):
            self._revisions[number] = self._revisions.get(number, 0) + 1

    def revision(self, number: int) -> int:
        """How many times a feed has changed."""
        return self._revisions.get(number, 0)

    def body(self, number: int) -> bytes:
        """The document of a feed as it is now."""
        new = [item(100_000 + n, random.Random(n)) for n in range(2 * self.revision(number))]
        rows = "".join(reversed(new)) + self._templates[number % TEMPLATES]
        head = f"<rss version='2.0' {_NAMES}><channel><title>Feed {number}</title><link>https://bench.example/</link>"
        return f"{head}{rows}</channel></rss>".replace("@@", str(number)).encode()


def responder(shrink: int) -> Callable[[str, bytes], bytes]:
    """Answers /N with feed N, and begins the next cycle at /cycle/FEEDS/PERCENT/VALIDATORS."""
    site = SyntheticFeeds(shrink)

    def response(path: str, head: bytes) -> bytes:
        if path.startswith("/cycle/"):
            feeds, percent, validators = map(int, path.split("/")[2:])
            site.validators = bool(validators)
            site.begin_cycle(feeds, percent)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        number = int(path[1:])
        etag = f'"{number}-{site.revision(number)}"'.encode()
        if site.validators and etag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\n\r\n"
        body = site.body(number)
        shown = b"ETag: " + etag + b"\r\n" if site.validators else b""
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n" + shown + length + body

    return response
