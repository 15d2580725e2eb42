"""What is wrong with a token or a channel, and what to do about it. For `newswatch doctor`."""

from __future__ import annotations

from collections.abc import Mapping

from newswatch.sending import CheckLevel, Outcome, SenderCheck
from newswatch.slack.answers import Answer
from newswatch.slack.history import Read

_REQUIRED_SCOPES: Mapping[str, str] = {
    "chat:write": "nothing can be posted",
    "channels:history": "public channels cannot be read back, so a lost answer may lead to a duplicate message",
    "groups:history": "private channels cannot be read back, so a lost answer may lead to a duplicate message",
}
_USEFUL_SCOPES: Mapping[str, str] = {
    "channels:read": "/newswatch refuses watch, mute, unmute and unwatch in public channels, and an archived one is noticed"
    " only when sending fails",
    "groups:read": "/newswatch refuses watch, mute, unmute and unwatch in private channels, and an archived one is noticed"
    " only when sending fails",
    "commands": "there is no /newswatch, and nothing of it in the menus of messages",
    "users:read": "nobody can click buttons or use /newswatch, because newswatch cannot see who is a full member",
}


async def examine(read: Read, channels: Mapping[str, str]) -> list[SenderCheck]:
    """Check the token, its scopes, and each channel, which has its id and the name that people gave it, or "".

    Nothing else is checked if the token is refused.
    """
    auth = await read("auth.test")
    if not auth.outcome.ok:
        return [SenderCheck("token", "error", auth.outcome.message)]
    scopes = _scopes(auth.headers)
    team, user = auth.body.get("team", "?"), auth.body.get("user", "?")
    findings = [SenderCheck("token", "ok", f"Signed in to {team} as {user}"), *_scope_findings(scopes)]
    return findings + [await _channel(read, channel, called, scopes) for channel, called in channels.items()]


def _scopes(headers: Mapping[str, str]) -> frozenset[str] | None:
    """The token's scopes, or None if Slack does not say."""
    given = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
    return None if given is None else frozenset(part.strip() for part in given.split(",") if part.strip())


def _scope_findings(scopes: frozenset[str] | None) -> list[SenderCheck]:
    if scopes is None:
        return [SenderCheck("scopes", "warning", "Slack did not say which scopes the token has")]
    missing = [
        _missing("error", scope, _REQUIRED_SCOPES[scope]) for scope in _REQUIRED_SCOPES if scope not in scopes
    ]
    missing += [
        _missing("warning", scope, _USEFUL_SCOPES[scope]) for scope in _USEFUL_SCOPES if scope not in scopes
    ]
    return missing or [SenderCheck("scopes", "ok", ", ".join(sorted(_REQUIRED_SCOPES)))]


def _missing(level: CheckLevel, scope: str, effect: str) -> SenderCheck:
    way_out = "Add it to the app under OAuth & Permissions and reinstall the app"
    return SenderCheck("scopes", level, f"{scope} is missing: {effect}. {way_out}")


async def _channel(read: Read, channel: str, called: str, scopes: frozenset[str] | None) -> SenderCheck:
    subject = f"channel {channel}"
    name = channel
    if scopes is None or scopes & _USEFUL_SCOPES.keys():
        info = await read("conversations.info", channel=channel)
        about = info.body.get("channel") or {}
        name = f"#{about['name']}" if about.get("name") else channel
        if info.outcome.ok and about.get("is_archived"):
            return SenderCheck(
                subject, "error", f"{name} is archived. Unarchive it, or change receivers.yaml"
            )
        if info.outcome.ok and about.get("is_member") is False:
            return SenderCheck(
                subject, "error", f"The app is not a member of {name}. Invite it: /invite @<app name>"
            )
        if called and about.get("name") and about["name"] != called:
            return SenderCheck(
                subject,
                "warning",
                f"receivers.yaml calls it #{called}, Slack calls it {name}: is it the channel you mean? Correct the name or the id",
            )
    history = await read("conversations.history", channel=channel, limit=1)
    return _history_finding(subject, name, history)


def _history_finding(subject: str, name: str, history: Answer) -> SenderCheck:
    outcome: Outcome = history.outcome
    if outcome.ok:
        return SenderCheck(subject, "ok", f"{name}: the app is a member and can read back what it sent")
    return SenderCheck(subject, "error", f"{name} cannot be read back. {outcome.message}")
