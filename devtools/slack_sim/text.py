"""Text that Slack interprets: what must be escaped, and which links are allowed.

Slack docs: "Formatting text for app surfaces" (mrkdwn, escaping `&`, `<`, `>`, links, date
formatting). In Slack an unescaped `<!channel>` notifies everybody in the channel, and an unknown `<…>`
disappears. The simulator refuses both with `sim_unescaped_control`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from devtools.slack_sim.errors import SlackError

_ANGLES = re.compile(r"<([^<>]*)>")
_LINK = re.compile(r"https?://[^\s|<>]+(\|[^<>]*)?", re.IGNORECASE)
_DATE = re.compile(r"!date\^-?\d+\^[^|^<>]+(\^https?://[^\s|<>]+)?\|[^<>]+")
_MENTION = re.compile(r"@([UW][A-Z0-9]{2,})")
_BARE_URL = re.compile(r"https?://\S+", re.IGNORECASE)
_RAW_AMPERSAND = re.compile(r"&(?!(amp|lt|gt);)")


def is_web_url(url: str) -> bool:
    """Whether Slack shows it as a link: http or https with a host, no white space, no `<>|`."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return parts.scheme.lower() in {"http", "https"} and bool(host) and not re.search(r"[\s<>|]", url)


def control_problem(text: str, mentions: Collection[str] = ()) -> str | None:
    """Why this mrkdwn text is dangerous, or None.

    The only allowed `<…>` are links, dates, and `<@U…>` for the user ids in `mentions`.
    """
    for match in _ANGLES.finditer(text):
        inner = match[1]
        mention = _MENTION.fullmatch(inner)
        if mention and mention[1] in mentions:
            continue
        if mention and mentions:
            return f"{match[0]!r} mentions somebody whom no user element of the blocks names"
        if not (_LINK.fullmatch(inner) or _DATE.fullmatch(inner)):
            return f"unescaped control sequence {match[0][:60]!r}: write &lt; and &gt;"
    rest = _ANGLES.sub("", text)
    for sign, entity in (("<", "&lt;"), (">", "&gt;")):
        if sign in rest:
            return f"raw {sign!r} near {_around(rest, rest.index(sign))!r}: write {entity}"
    ampersand = _RAW_AMPERSAND.search(_BARE_URL.sub("", rest))
    return "raw '&': write &amp;" if ampersand else None


def check_control(text: str, pointer: str, mentions: Collection[str] = ()) -> None:
    """Raises `sim_unescaped_control` with the place and the reason."""
    problem = control_problem(text, mentions)
    if problem:
        raise SlackError("sim_unescaped_control", detail=f"{pointer}: {problem}")


def _around(text: str, index: int) -> str:
    return text[max(0, index - 20) : index + 20]
