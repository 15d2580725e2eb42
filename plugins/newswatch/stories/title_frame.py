"""What is around a headline and is not part of it: markers before it, the outlet or a rubric after it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKER = re.compile(
    r"""^\W*(?:
        (?:update|refile|rpt|wrapup|wrap-up|recast|recasts|adds?\ details?)\s*\d*\s*[-–—:|]
      | (?:breaking|breaking\ news|just\ in|live|live\ updates?|live\ blog|liveblog|watch\ live|exclusive|watch|video|urgent
          |alert|news\ alert|flash|latest|the\ latest|updated?|developing|new|factbox|snap|brief|in\ brief|live\ news
          |eilmeldung|liveticker|en\ direct|direct|en\ vivo|en\ directo|última\ hora|alerte\ info
          |срочно|молния|обновлено|онлайн)\s*(?:[:|]|\s[-–—]|[-–—]\s)
      | [\[(](?:update\s?\d*|updated|live|breaking|video|watch|exclusive|photos|corrige)[\])]
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_CRY = re.compile(
    r"^(?:EXCLUSIVE|BREAKING|LIVE|WATCH|VIDEO|JUST IN|URGENT|ALERT|UPDATED?)(?:\s*-\s*|\s+)(?=\S*[^:\s]\s+\S)"
)
"""A marker in capitals needs no colon. A headline in capitals throughout has none."""
_FULL_STOP = re.compile(r"(?<![.…])(?:[.!?]|\.\.)\s*$")
_LIVE_END = re.compile(
    r"""\s*(?:[-–—|│:·•]\s*|[\[(]\s*|,\s*)(?:
        (?:[\w.&’'-]+\ ){0,3}(?:live(?:\ (?:updates?|blog|news|coverage|ticker))?|liveblog)
      | as\ it\ happened | (?:latest|live)\ (?:updates?|news) | the\ latest | updates? | updated | videos? | watch | photos? | fotos? | gallery | galería | audio | in\ pictures
      | (?:fotos?|photos?)\ [y&]\ videos? | entrevista | interview
      | liveticker | en\ direct | en\ vivo | онлайн
    )\s*[\])]?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_LAST_PART = re.compile(r"^(?P<text>.+\S)(?P<mark>\s+[-–—•·:]\s+|\s*[|│]\s*)(?P<last>[^|│•·]+)$")
_FIRST_PART = re.compile(r"^(?P<first>[^:|]{2,30})(?::\s+|\s*\|\s*|\s+[-–—]\s+)(?P<text>\S.*)$")
_BARS = "|│•·"
_RUBRICS = frozenset(
    "national world politics business technology sport sports opinion science health markets us uk europe asia".split()  # noqa: SIM905
)
_OUTLET_WORDS = frozenset(
    """news times post reuters ap afp bbc cnn cnbc npr bloomberg herald tribune journal daily guardian star press gazette
    observer telegraph independent magazine online tv radio nbc abc cbs fox sky axios politico euronews aljazeera dw wsj nyt
    ft forbes fortune newsweek chronicle mirror express mail sun standard globe review today wire nhk tass interfax xinhua
    sentinel examiner courier dispatch inquirer economist insider globalnews marketwatch yahoo msn channel nachrichten
    wired engadget verge vox techcrunch agencies dpa efe ansa zeitung zeitschrift spiegel welt monde figaro pais mundo новости риа""".split()  # noqa: SIM905
)
_MOST_OUTLET_WORDS = 5
_MOST_RUBRIC_WORDS = 4
_SHORT_WORD = 3
_FEWEST_WORDS = 3
"""A headline is not taken to consist of frame alone."""


def without_frame(title: str, outlets: Sequence[str] = ()) -> str:
    """The headline itself. `outlets` are names of the outlet, such as its domain."""
    for _ in range(4):
        shorter = _LIVE_END.sub("", _MARKER.sub("", _FULL_STOP.sub("", title)))
        shorter = shorter if shorter.isupper() else _CRY.sub("", shorter)
        shorter = _without_first_part(_without_last_part(shorter, outlets), outlets)
        if shorter == title or not shorter.strip():
            break
        title = shorter
    return title


def _without_last_part(title: str, outlets: Sequence[str]) -> str:
    found = _LAST_PART.match(title)
    if found is None or len(found["text"].split()) < _FEWEST_WORDS:
        return title
    words, bar = found["last"].split(), any(mark in found["mark"] for mark in _BARS)
    rubric = len(words) <= _MOST_RUBRIC_WORDS if bar else " ".join(words).casefold() in _RUBRICS
    return found["text"].rstrip(" -–—|│•·") if rubric or _is_outlet(words, outlets) else title


def _without_first_part(title: str, outlets: Sequence[str]) -> str:
    found = _FIRST_PART.match(title)
    if found is None or len(found["text"].split()) < _FEWEST_WORDS:
        return title
    return found["text"] if _is_outlet(found["first"].split(), outlets) else title


def _is_outlet(words: Sequence[str], outlets: Sequence[str]) -> bool:
    squashed = "".join(char for char in "".join(words).casefold() if char.isalnum())
    if squashed in _OUTLET_WORDS:
        return True
    named = all(word[0].isupper() or len(word) <= _SHORT_WORD or "." in word for word in words)
    if len(words) > _MOST_OUTLET_WORDS or not named:
        return False
    known = ("".join(char for char in name.casefold() if char.isalnum()) for name in outlets)
    if len(squashed) > 1 and any(squashed in name or name in squashed for name in known if len(name) > 1):
        return True
    parts = {part.casefold().strip(".,'’") for word in words for part in re.split(r"[.\W]", word)}
    return bool(parts & _OUTLET_WORDS)
