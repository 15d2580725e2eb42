"""/newswatch, the shortcuts in a message's menu, and their modals.

Slack gets its acknowledgement first, because it waits three seconds. Then a modal is opened or filled, or the answer
goes to the person who asked, and to nobody else. Who that is, and whether the channel is theirs, is checked before
anything is answered and again when a modal is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from newswatch.errors import ConfigError, NewswatchError, RetryableError
from newswatch.listener import answers
from newswatch.listener.rights import Refused, check_channel, check_editor, receiver_of
from newswatch.listener.watching import form_of, preview, problems_in, wish_of
from newswatch.pipeline.authoring.missed import report_missed
from newswatch.pipeline.authoring.reader_rules import (
    Author,
    Made,
    RefusedWish,
    end_rule,
    make_rule,
    unreachable,
)
from newswatch.pipeline.base.configuration import in_force
from newswatch.pipeline.base.services import Services
from newswatch.redact import redact_text
from newswatch.slack import modals
from newswatch.slack.client import SlackClient
from newswatch.slack.modals import MISSED_FORM, TO_EVENT, TO_WORDS, TRY, WATCH_FORM, Line, WatchForm
from newswatch.slack.requests import MISSED, Asker, Command, Receipt, Request, Sent, Shortcut

log = logging.getLogger("newswatch.listener")

MOMENT = "One moment…"
_KINDS = {TRY: "", TO_EVENT: "event", TO_WORDS: "words"}
_REMEMBERED = 500
_MOST_PROBLEMS = 3


class Commands:
    """Takes requests. Call `settle` before Redis and Slack are closed."""

    def __init__(self, services: Services, client: SlackClient) -> None:
        self._services = services
        self._client = client
        self._working: set[asyncio.Task[None]] = set()
        self._triggers: deque[str] = deque(maxlen=_REMEMBERED)

    async def take(self, request: Request) -> Receipt:
        """What to acknowledge, and the work that follows. Raises RedisUnavailable; then it is safe to ask again."""
        if isinstance(request, Sent):
            return await self._sent(request)
        if request.trigger_id in self._triggers:  # delivered again
            return Receipt()
        self._triggers.append(request.trigger_id)
        if isinstance(request, Shortcut):
            return self._later(lambda: self._shortcut(request))
        return self._later(lambda: self._command(request))

    async def settle(self) -> None:
        """Wait until all is answered."""
        await asyncio.gather(*self._working, return_exceptions=True)

    def _later(
        self, work: Callable[[], Coroutine[Any, Any, None]], answer: dict[str, Any] | None = None
    ) -> Receipt:
        def begin() -> None:
            task = asyncio.create_task(work())
            self._working.add(task)
            task.add_done_callback(self._done)

        return Receipt(answer, begin)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a request from Slack failed", exc_info=task.exception())

    # ── commands and shortcuts ────────────────────────────────────────────────────────────────

    async def _command(self, asked: Command) -> None:
        log.info("/newswatch %s of %s in %s", asked.verb[:20], asked.asker.id, asked.channel)
        if asked.verb == "watch":
            await self._open_watch(asked)
            return
        if asked.verb == "missed":
            await self._open_missed(asked, asked.rest)
            return
        lines = await self._lines(lambda: self._answer(asked))
        await self._tell(asked, lines)

    async def _answer(self, asked: Command) -> Sequence[Line]:
        services, channel = self._services, asked.channel
        if asked.verb in {"", "help"}:
            return answers.HELP
        await check_editor(services, self._client, asked.asker)
        if asked.verb == "status":
            return await answers.status(services)
        if asked.verb == "why":
            return await answers.why(services, asked.rest)
        if asked.verb not in {"mute", "unmute", "unwatch"}:
            return [f"/newswatch {asked.verb[:40]} is not a command.", *answers.HELP]
        await check_channel(self._client, channel, asked.asker.id)
        if asked.verb == "mute":
            return await answers.mute(services, channel, asked.rest, _named(asked.asker))
        if asked.verb == "unmute":
            return await answers.unmute(services, channel, asked.rest)
        await end_rule(services, asked.rest, _author(asked.asker), channel)
        return [f"{asked.rest} has ended. It stays in the history of the watchlist."]

    async def _shortcut(self, asked: Shortcut) -> None:
        log.info("%s of %s in %s", asked.name, asked.asker.id, asked.channel)
        if asked.name == MISSED:
            await self._open_missed(asked, asked.link or asked.text)
            return
        await self._tell(asked, await self._lines(lambda: self._why_here(asked)))

    async def _why_here(self, asked: Shortcut) -> Sequence[Line]:
        await check_editor(self._services, self._client, asked.asker)
        if asked.message_id:
            found = await answers.why_here(self._services, asked.message_id, asked.channel)
            if found:
                return found
        return await answers.why(self._services, asked.link or asked.text)

    async def _tell(self, asked: Command | Shortcut, lines: Sequence[Line]) -> None:
        """Answer the one who asked. Without a usable response_url as a message that only they see."""
        text, blocks = modals.said_text(lines), modals.said(lines)
        if not await self._client.answer(asked.response_url, text, blocks):
            await self._client.whisper(asked.channel, asked.asker.id, text, blocks)

    # ── modals ────────────────────────────────────────────────────────────────────────────────

    async def _open_watch(self, asked: Command) -> None:
        title = modals.title_of(WATCH_FORM)
        view_id = await self._open(asked, title)
        if not view_id:
            return

        async def fill() -> modals.View:
            await self._may_watch(asked.asker, asked.channel)
            form = form_of({"channel": asked.channel}, {"words": asked.rest}, self._services.clock().date())
            return modals.watch_view(replace(form, notes=await preview(self._services, form)))

        await self._fill(view_id, title, fill)

    async def _open_missed(self, asked: Command | Shortcut, text: str) -> None:
        title = modals.title_of(MISSED_FORM)
        view_id = await self._open(asked, title)
        if not view_id:
            return

        async def fill() -> modals.View:
            await check_editor(self._services, self._client, asked.asker)
            return modals.missed_view(asked.channel, text, await self._rules_here(asked.channel))

        await self._fill(view_id, title, fill)

    async def _open(self, asked: Command | Shortcut, title: str) -> str:
        """Open the modal while its trigger is fresh. Its id, "" if Slack did not open it."""
        view_id, outcome = await self._client.open_view(asked.trigger_id, modals.notice(title, [MOMENT]))
        if not view_id and outcome.code != "exchanged_trigger_id":  # else another listener has opened it
            log.warning("a modal was not opened: %s", outcome.code)
            await self._tell(asked, [f"Slack did not open the form ({outcome.code}). Please try again."])
        return view_id

    async def _fill(self, view_id: str, title: str, make: Callable[[], Awaitable[modals.View]]) -> None:
        try:
            view = await make()
        except NewswatchError as error:
            view = modals.notice(title, _in_words(error))
        outcome = await self._client.update_view(view_id, view)
        if not outcome.ok and outcome.code != "not_found":  # closed meanwhile
            log.warning("a modal was not filled: %s %s", outcome.code, outcome.message)

    async def _may_watch(self, asker: Asker, channel: str) -> str:
        """The receiver that a new rule in this channel has. Raises Refused and RefusedWish."""
        await check_editor(self._services, self._client, asker)
        await check_channel(self._client, channel, asker.id)
        receiver = await receiver_of(self._services, channel)
        refusal = await unreachable(self._services)
        if refusal:
            raise Refused(refusal)
        return receiver.id

    async def _rules_here(self, channel: str) -> list[str]:
        bundle = await in_force(self._services)
        return bundle.rules_of(channel) if bundle else []

    # ── what was sent ─────────────────────────────────────────────────────────────────────────

    async def _sent(self, sent: Sent) -> Receipt:
        today = self._services.clock().date()
        if sent.form == WATCH_FORM:
            form = form_of(sent.kept, sent.values, today)
            if sent.button:
                return self._later(lambda: self._change(sent, form)) if sent.button in _KINDS else Receipt()
            bundle = await in_force(self._services)
            errors = problems_in(form, bundle.lists if bundle else {}, today)
            if errors:
                return Receipt({"response_action": "errors", "errors": errors})
            return self._later(lambda: self._make(sent, form), _saving(WATCH_FORM))
        if sent.form == MISSED_FORM and not sent.button:
            return self._later(lambda: self._record(sent), _saving(MISSED_FORM))
        return Receipt()

    async def _change(self, sent: Sent, form: WatchForm) -> None:
        form = replace(form, kind=_KINDS[sent.button] or form.kind)

        async def fill() -> modals.View:
            await self._may_watch(sent.asker, form.channel)
            return modals.watch_view(replace(form, notes=await preview(self._services, form)))

        await self._fill(sent.view_id, modals.title_of(WATCH_FORM), fill)

    async def _make(self, sent: Sent, form: WatchForm) -> None:
        title = modals.title_of(WATCH_FORM)

        async def fill() -> modals.View:
            receiver = await self._may_watch(sent.asker, form.channel)
            try:
                wish = wish_of(form, receiver)
                made = await make_rule(self._services, wish, _author(sent.asker), form.channel)
            except RefusedWish as error:  # what was typed is kept
                return modals.watch_view(replace(form, notes=_in_words(error)))
            log.info("%s made the rule %s in %s", sent.asker.id, made.rule_id, form.channel)
            return modals.notice(title, _made(made))

        await self._fill(sent.view_id, title, fill)

    async def _record(self, sent: Sent) -> None:
        title = modals.title_of(MISSED_FORM)
        text, rule_id = sent.values.get("text", ""), sent.values.get("rule") or None

        async def fill() -> modals.View:
            await check_editor(self._services, self._client, sent.asker)
            by = _named(sent.asker)
            report = await report_missed(self._services, text, rule_id, by, allow_private=False)
            return modals.notice(title, answers.missed(self._services, report))

        await self._fill(sent.view_id, title, fill)

    # ── words ─────────────────────────────────────────────────────────────────────────────────

    async def _lines(self, answer: Callable[[], Awaitable[Sequence[Line]]]) -> Sequence[Line]:
        try:
            return await answer()
        except NewswatchError as error:
            return _in_words(error)


def _saving(form: str) -> dict[str, Any]:
    return {"response_action": "update", "view": modals.notice(modals.title_of(form), [MOMENT])}


def _made(made: Made) -> list[str]:
    if not made.new:
        return [f"There is such a rule already: {made.rule_id}. Nothing was written."]
    when = (
        f"It is in force (version {made.version})." if made.version else "It is in force within 30 seconds."
    )
    return [
        f"The rule {made.rule_id} is saved. {when} It alerts on what comes from now on.",
        f"/newswatch mute {made.rule_id} silences it here, /newswatch unwatch {made.rule_id} ends it.",
    ]


def _in_words(error: NewswatchError) -> list[str]:
    """An error for the person who asked. What they asked for did not happen."""
    if isinstance(error, ConfigError):
        found = [str(one) for one in error.problems if one.severity == "error"]
        return ["Nothing was written: the configuration files have errors.", *found[:_MOST_PROBLEMS]]
    if isinstance(error, RetryableError):
        return [f"This cannot be done now: {redact_text(str(error))}. Please try again."]
    return redact_text(str(error)).splitlines()


def _author(asker: Asker) -> Author:
    return Author(asker.id, asker.name)


def _named(asker: Asker) -> str:
    return asker.name or asker.id
