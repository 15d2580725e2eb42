"""The small checks of single values: URLs, channels, time zones, dates, clock times."""

from __future__ import annotations

import re
from datetime import date, datetime
from difflib import get_close_matches
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from newswatch.redact import redact_url

LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{7,20}")
_HOST = re.compile(r"[^\s/\\@<>\"'`{}|^\[\]%]+|\[?[0-9a-fA-F:.]+\]?")


def check_url(text: str) -> str:
    """An absolute http(s) URL with a host."""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{redact_url(text)!r} is not a URL: write https://host/path") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"{redact_url(text)[:200]!r} does not begin with http:// or https://")
    if not host or _HOST.fullmatch(host) is None or re.search(r"\s", text):
        raise ValueError(f"{redact_url(text)[:200]!r} is not a URL with a host: write https://host/path")
    if len(text) > 2_000:
        raise ValueError("the URL is over 2,000 characters long")
    return text


def is_language(text: str) -> bool:
    """Whether this is a language code that feeds.yaml accepts."""
    return re.fullmatch(LANGUAGE, text) is not None


def check_channel(text: str) -> str:
    """A Slack conversation id. Names are not accepted: they change, and Slack is ending posts by name."""
    if _CHANNEL.fullmatch(text):
        return text
    where = "in Slack, open the channel's details; the id is at the end of About"
    if re.fullmatch(r"[UW][A-Z0-9]{7,20}", text):
        raise ValueError(f"{text!r} is a person's id: write the id of the conversation (D…)")
    raise ValueError(f"{text!r} is not a channel id: write the id (C…, G… or D…), not a name; {where}")


def check_user(text: str) -> str:
    """A Slack user id. Names are not accepted: anybody may give himself the name of somebody else."""
    if re.fullmatch(r"[UW][A-Z0-9]{2,20}", text):
        return text
    where = "in Slack, open the person's profile and choose Copy member ID in its menu"
    raise ValueError(f"{text[:100]!r} is not a user id: write the id (U… or W…), not a name; {where}")


def check_user_group(text: str) -> str:
    """A Slack user group id."""
    if re.fullmatch(r"S[A-Z0-9]{2,20}", text):
        return text
    where = "in Slack, open the group under People; its id is at the end of the address"
    raise ValueError(f"{text[:100]!r} is not a user group's id: write the id (S…), not a name; {where}")


def check_timezone(text: str) -> str:
    """An IANA time zone that this machine knows."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = get_close_matches(text, sorted(available_timezones()), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ", such as Europe/Zurich"
        raise ValueError(f"{text!r} is not a known time zone: write an IANA name{hint}") from None
    return text


def check_clock(text: str) -> str:
    """A local time, HH:MM from 00:00 to 23:59."""
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is None:
        raise ValueError(f"{text!r} is not a time of day: write HH:MM, such as 08:00 or 22:30")
    return text


def check_moment(text: str) -> datetime:
    """A local date and time to the minute or second, without a zone."""
    expected = f"{text[:40]!r} is not a date with a time: write YYYY-MM-DD HH:MM, such as 2026-12-10 14:15"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?", text) is None:
        raise ValueError(expected)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(expected) from None


def check_calendar(text: str) -> str:
    """The name of an iCalendar file below the configuration folder."""
    parts = text.split("/")
    if (
        "\\" in text
        or ":" in text
        or not text.endswith(".ics")
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise ValueError(
            f"{text[:100]!r} is not a file of the configuration folder: write its name, such as releases.ics; calendars are not"
            " fetched"
        )
    return text


def check_date(text: str) -> str:
    """An ISO date, kept as text."""
    expected = f"{text[:40]!r} is not a date: write YYYY-MM-DD, such as 2027-06-30"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        raise ValueError(expected)
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(expected) from None
    return text
