"""The one place that talks to Slack, over slack_sdk's asynchronous client.

The SDK's retries are off: when an answer is lost they post twice. The SDK gets our session, because
when one is passed only its timeouts apply. It gets our choice of proxy, because it ignores NO_PROXY.
What Slack or the network do is returned as an `Outcome` and never raised.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from newswatch.errors import SlackRefused
from newswatch.sending import ChannelName, Identity, Membership, Outcome, Page, SenderCheck
from newswatch.slack.answers import (
    Answer,
    ambiguous,
    classify,
    classify_fault,
    for_no_reply,
    refusal_in_words,
)
from newswatch.slack.channels import read_channels
from newswatch.slack.doctor import examine
from newswatch.slack.history import read_page
from newswatch.slack.limits import check_payload
from newswatch.slack.people import outsider

if TYPE_CHECKING:
    from typing_extensions import Self

_NOT_FOR_UPDATE = frozenset({"unfurl_links", "unfurl_media", "mrkdwn"})
_ANSWER_HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
_MOST_MEMBER_PAGES = 50
_MAY_PASS = frozenset({"not_reached", "ambiguous", "ratelimited", "unknown"})
AGAIN = "Please try again in a minute."
_UNREADABLE = (AttributeError, UnicodeDecodeError, json.JSONDecodeError, LookupError)
"""What slack_sdk raises for a 200 that is plain text, a list, or in an unknown charset."""


def _machine_time() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """How to reach Slack. `timeout_s` limits a whole request, and half of it limits connecting."""

    token: str = field(repr=False)
    base_url: str = "https://slack.com/api/"
    timeout_s: float = 10.0
    proxy: str | None = field(default=None, repr=False)
    """May hold a password. None: directly."""
    clock: Callable[[], datetime] = field(default=_machine_time, repr=False)
    """The time that moments to look back to are given in."""

    def open(self, timeout_s: float | None = None) -> SlackClient:
        """A client with these settings, to be entered."""
        return SlackClient(self if timeout_s is None else replace(self, timeout_s=timeout_s))


class SlackClient:
    """Posts, updates and reads back. An asynchronous context manager, for one event loop."""

    def __init__(self, settings: SlackSettings) -> None:
        if not settings.token.strip().isascii() or not settings.token.strip().isprintable():
            raise SlackRefused(
                "The Slack token contains characters that a token never has", code="invalid_auth"
            )
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._ahead: timedelta | None = None

    @property
    def ahead(self) -> timedelta | None:
        """How far our clock is ahead of Slack's by the newest answer, to about a second. None before the first."""
        return self._ahead

    async def __aenter__(self) -> Self:
        trust = ssl.create_default_context()  # reads SSL_CERT_FILE now; aiohttp's own reads it at import
        limit_s = self._settings.timeout_s
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trust),
            timeout=aiohttp.ClientTimeout(total=limit_s, connect=limit_s / 2, sock_connect=limit_s / 2),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._web = AsyncWebClient(
            token=self._settings.token,
            base_url=self._settings.base_url,
            session=self._session,
            ssl=trust,
            retry_handlers=[],
            logger=_quiet_logger(),
        )
        self._web.proxy = self._settings.proxy  # set late: the constructor prefers the environment
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, payload: Mapping[str, Any], *, thread_ts: str | None, broadcast: bool) -> Outcome:
        """Send `chat.postMessage` once. A payload over Slack's limits is `minimal` without being sent."""
        violations = check_payload(payload)
        if violations:
            return Outcome("minimal", code="limits", message="; ".join(violations))
        body = dict(payload)
        if thread_ts is not None:
            body |= {"thread_ts": thread_ts, "reply_broadcast": broadcast}
        answer = await self._call("chat.postMessage", body=body)
        outcome = answer.outcome
        if outcome.ok and outcome.ts is None:
            return ambiguous("no_ts", "Slack said ok, but did not say where it posted the message")
        shown = answer.body.get("message")
        if outcome.ok and thread_ts is not None and isinstance(shown, Mapping) and not shown.get("thread_ts"):
            return replace(outcome, parentless=True)
        return outcome if thread_ts is not None else for_no_reply(outcome)

    async def update(self, channel: str, ts: str, payload: Mapping[str, Any]) -> Outcome:
        """Replace the message `ts` by `payload`; it may be repeated safely."""
        body = {"blocks": [], **payload, "channel": channel, "ts": ts}
        return (await self._call("chat.update", body=_without(body, _NOT_FOR_UPDATE))).outcome

    async def whisper(
        self, channel: str, user_id: str, text: str, blocks: Sequence[Mapping[str, Any]] = ()
    ) -> Outcome:
        """Show a text to one reader only (`chat.postEphemeral`). `text` is escaped."""
        body: dict[str, Any] = {"channel": channel, "user": user_id, "text": text}
        body |= {"blocks": list(blocks)} if blocks else {}
        return (await self._call("chat.postEphemeral", body=body)).outcome

    async def answer(self, url: str, text: str, blocks: Sequence[Mapping[str, Any]] = ()) -> bool:
        """Answer a command or shortcut: only the person who asked sees it. Whether Slack took it.

        `url` is the response_url that Slack gave. Any other address is refused.
        """
        if self._session is None:
            raise RuntimeError("SlackClient is used outside its `async with` block")
        if not answers_go_to(url, self._settings.base_url):
            return False
        body = {"response_type": "ephemeral", "text": text, **({"blocks": list(blocks)} if blocks else {})}
        try:
            async with self._session.post(
                url, json=body, proxy=self._settings.proxy, allow_redirects=False
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            return False

    async def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> tuple[str, Outcome]:
        """Open a modal (`views.open`). Its id, "" if Slack did not open it."""
        answer = await self._call("views.open", body={"trigger_id": trigger_id, "view": view})
        opened = answer.body.get("view")
        made = str(opened.get("id") or "") if isinstance(opened, Mapping) else ""
        return (made if answer.outcome.ok else ""), answer.outcome

    async def update_view(self, view_id: str, view: Mapping[str, Any]) -> Outcome:
        """Put another content into an open modal (`views.update`)."""
        return (await self._call("views.update", body={"view_id": view_id, "view": view})).outcome

    async def membership(self, user_id: str) -> Membership:
        """Whether this is a full member of our workspace (`users.info`)."""
        answer, ours = await asyncio.gather(self._read("users.info", user=user_id), self.identity())
        found = answer.body.get("user")
        if not answer.outcome.ok or not isinstance(found, Mapping):
            again = f" {AGAIN}" if answer.outcome.kind in _MAY_PASS else ""
            why = refusal_in_words(answer.outcome)
            return Membership(f"Slack does not say who {user_id} is ({why}).{again}", said=False)
        if ours is None:
            return Membership(f"Slack does not say which workspace the app is in. {AGAIN}", said=False)
        return Membership(outsider(found, ours.team_id))

    async def is_in(self, channel: str) -> tuple[bool, Outcome]:
        """Whether the app is in a channel that is not archived."""
        answer = await self._read("conversations.info", channel=channel)
        about = answer.body.get("channel")
        known = about if answer.outcome.ok and isinstance(about, Mapping) else {}
        return known.get("is_member") is True and not known.get("is_archived"), answer.outcome

    async def has_member(self, channel: str, user_id: str) -> tuple[bool, Outcome]:
        """Whether a user is in a channel (`conversations.members`, page by page)."""
        cursor = ""
        for _ in range(_MOST_MEMBER_PAGES):
            page = await self._read("conversations.members", channel=channel, limit=1000, cursor=cursor)
            if not page.outcome.ok or user_id in (page.body.get("members") or ()):
                return page.outcome.ok, page.outcome
            cursor = str((page.body.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return False, page.outcome

    async def read(
        self, channel: str, *, since: datetime, thread_ts: str | None = None, cursor: str = ""
    ) -> Page:
        """One page of the channel, or of the thread of `thread_ts`, from `since` by our clock."""
        if self._ahead is None:
            outcome = await self.ping()
            if not outcome.ok:
                return Page(problem=outcome)
        ahead = self._ahead or timedelta(0)
        return await read_page(
            self._read, channel, since=since, thread_ts=thread_ts, cursor=cursor, ahead=ahead
        )

    async def ping(self) -> Outcome:
        """Whether Slack answers and takes the token (`auth.test`). It changes nothing."""
        return (await self._read("auth.test")).outcome

    async def check(self, channels: Mapping[str, str]) -> list[SenderCheck]:
        """What `newswatch doctor` reports about the token, its scopes and these channels, by id, with their names."""
        return await examine(self._read, channels)

    async def list_channels(self) -> list[ChannelName] | Outcome:
        """The channels that the token can see, by name; or Slack's refusal to list them."""
        return await read_channels(self._read)

    async def identity(self) -> Identity | None:
        """The token's workspace and bot, None if Slack does not say."""
        answer = await self._read("auth.test")
        body = {name: str(answer.body.get(name) or "") for name in ("team_id", "team", "bot_id", "user")}
        if not answer.outcome.ok or not body["team_id"]:
            return None
        return Identity(body["team_id"], body["team"], body["bot_id"], body["user"])

    async def link(self, channel: str, ts: str) -> str:
        """The message's address; its channel and ts if Slack does not name the workspace's address."""
        url = await self.workspace_url()
        return f"{url}archives/{channel}/p{ts.replace('.', '')}" if url else f"{channel} {ts}"

    async def workspace_url(self) -> str:
        """The workspace's address with a closing slash, "" if Slack does not say."""
        answer = await self._read("auth.test")
        return str(answer.body.get("url") or "") if answer.outcome.ok else ""

    async def _read(self, method: str, **params: Any) -> Answer:
        return await self._call(method, params=params)

    async def _call(
        self, method: str, *, body: dict[str, Any] | None = None, params: dict[str, Any] | None = None
    ) -> Answer:
        if self._session is None:
            raise RuntimeError("SlackClient is used outside its `async with` block")
        try:
            if body is not None:
                response = await self._web.api_call(method, json=body)
            else:
                response = await self._web.api_call(method, http_verb="GET", params=params or {})
        except SlackApiError as error:
            answer = _refusal(error)
            if "ok" in answer.body:  # not a page of some server on the way, whose clock may be wrong
                self._compare_clocks(answer.headers)
            return answer
        except _UNREADABLE:
            return Answer(
                ambiguous("no_answer", "Slack answered with something other than an answer of its API")
            )
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            # Python 3.10 has a TimeoutError of asyncio's own
            return Answer(classify_fault(error, self._settings.base_url))
        data = response.data if isinstance(response.data, dict) else {}
        if "ok" in data:
            self._compare_clocks(response.headers)
        return Answer(classify(response.status_code, data, response.headers), data, response.headers)

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        """RFC 9110, 6.6.1: the server's time, in whole seconds."""
        given = next((value for name, value in headers.items() if name.lower() == "date"), "")
        try:
            theirs = parsedate_to_datetime(given)
        except (ValueError, TypeError):
            return
        if theirs.tzinfo is not None:
            self._ahead = self._settings.clock() - theirs - timedelta(seconds=0.5)


def answers_go_to(url: str, base_url: str) -> bool:
    """Whether this can be a response_url: Slack's own host for them, or the host of the API. Pure."""
    try:
        given, api = urlsplit(url), urlsplit(base_url)
    except ValueError:
        return False
    if given.scheme == "https" and given.netloc in _ANSWER_HOSTS:
        return True
    return bool(given.netloc) and (given.scheme, given.netloc) == (api.scheme, api.netloc)


def _refusal(error: SlackApiError) -> Answer:
    """slack_sdk attaches its own response to the error, or aiohttp's if the body was not JSON."""
    response: Any = error.response
    status: Any = getattr(response, "status_code", None) or getattr(response, "status", 0)
    data = getattr(response, "data", None)
    headers: Mapping[str, str] = getattr(response, "headers", None) or {}
    return Answer(classify(int(status), data, headers), data if isinstance(data, Mapping) else {}, headers)


def _without(body: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def _quiet_logger() -> logging.Logger:
    """slack_sdk logs whole payloads at DEBUG. They hold feeds' text, which does not belong in a log."""
    logger = logging.getLogger("newswatch.slack.sdk")
    logger.setLevel(logging.INFO)
    return logger
