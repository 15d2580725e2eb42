"""Slash commands, message shortcuts and modals: the tools with which a test or the page uses them.

`POST /sim/command` types a command, `/sim/shortcut` chooses one in a message's menu, `/sim/submit` sends a modal,
`/sim/action` presses a button in it, and `/sim/close` closes it. `GET /sim/views` lists the open ones.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from devtools.slack_sim.api import SIMULATOR, Simulator
from devtools.slack_sim.clicks import REPEAT_MAX, VERIFICATION_TOKEN, BadClickOrder, read_user
from devtools.slack_sim.delivery import Outcome, Parcel, deliver, report
from devtools.slack_sim.dialogs import OpenView
from devtools.slack_sim.errors import SlackError
from devtools.slack_sim.forms import BadForm, initial_values, inputs_of, state_of
from devtools.slack_sim.limits import TEXT_MAX, check_content
from devtools.slack_sim.shown import shown
from devtools.slack_sim.state import BOT
from devtools.slack_sim.tools import read_json
from devtools.slack_sim.users import User

COMMAND = "/newswatch"
_TAMPERING = ("signature", "timestamp", "repeat")


async def command(request: web.Request) -> web.Response:
    """`POST /sim/command`: `{channel, text?, command?, user?, repeat?, signature?, timestamp?}`.

    Slack docs: "Slash commands", the fields of the payload.
    """
    simulator = request.app[SIMULATOR]
    order = await _order(request, ("channel", "text", "command", "user", *_TAMPERING))
    if "commands" not in simulator.settings.scopes:
        raise web.HTTPBadRequest(text="the app has no slash command: its token lacks the scope commands\n")
    user, channel = _user(simulator, order), _channel(simulator, order)
    payload = {
        "token": VERIFICATION_TOKEN,
        "team_id": user.team_id,
        "team_domain": "simulator",
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": str(order.get("command") or COMMAND),
        "text": str(order.get("text") or ""),
        "api_app_id": BOT["app_id"],
        "is_enterprise_install": "false",
        "response_url": simulator.answer_url(request, channel.id, user.id),
        "trigger_id": simulator.dialogs.trigger(user.id, simulator.now),
    }
    parcel = Parcel(payload, command=True, answers=True, **_tampering(order))
    way, outcomes = await deliver(simulator, parcel)
    return web.json_response(report(way, outcomes))


async def shortcut(request: web.Request) -> web.Response:
    """`POST /sim/shortcut`: `{channel, ts, callback_id, user?, …}`. Slack docs: "Shortcuts interaction payloads"."""
    simulator = request.app[SIMULATOR]
    order = await _order(request, ("channel", "ts", "callback_id", "user", *_TAMPERING))
    user, channel = _user(simulator, order), _channel(simulator, order)
    message = channel.messages.get(str(order.get("ts")))
    if message is None:
        raise web.HTTPNotFound(text=f"channel {channel.id} has no message {order.get('ts')}\n")
    payload = {
        **_interaction(simulator, user, "message_action"),
        "callback_id": str(order.get("callback_id")),
        "message_ts": message.ts,
        "channel": {"id": channel.id, "name": channel.name},
        "message": shown(message, channel),
        "response_url": simulator.answer_url(request, channel.id, user.id),
    }
    return web.json_response(report(*await deliver(simulator, Parcel(payload, **_tampering(order)))))


async def submit(request: web.Request) -> web.Response:
    """`POST /sim/submit`: `{view_id, values?, user?, …}`; `values` are by block_id. `errors` in the answer are the app's.

    Slack docs: "view_submission payload", and "Modals" for what the acknowledgement may say.
    """
    simulator = request.app[SIMULATOR]
    order = await _order(request, ("view_id", "values", "user", *_TAMPERING))
    opened, user = _view(simulator, order), _user(simulator, order)
    if "submit" not in opened.view:
        raise web.HTTPBadRequest(text=f"view {opened.id} has no submit button\n")
    payload = {
        **_interaction(simulator, user, "view_submission"),
        "view": _filled(opened, order, complete=True),
        "response_urls": [],
    }
    way, outcomes = await deliver(simulator, Parcel(payload, answers=True, **_tampering(order)))
    answer = report(way, outcomes)
    if outcomes[-1].acknowledged:
        try:
            answer["errors"] = _apply(simulator, opened, outcomes[-1])
        except SlackError as error:
            answer |= {"acknowledged": False, "error": f"{error.code}: {error.extra}"}
    simulator.workspace.version += 1
    return web.json_response(answer)


def _apply(simulator: Simulator, opened: OpenView, outcome: Outcome) -> dict[str, str]:
    """What the acknowledgement does to the modal. Returns the errors it shows. Raises SlackError for a bad answer."""
    answer, dialogs = outcome.answer, simulator.dialogs
    action = answer.get("response_action")
    opened.errors = {}
    if not answer:
        dialogs.close(opened.id)
    elif action == "clear":
        dialogs.views = {name: view for name, view in dialogs.views.items() if view.user != opened.user}
    elif action == "update":
        dialogs.update(opened.id, answer.get("view"))
    elif action == "errors":
        opened.errors = _checked_errors(opened, answer.get("errors"))
    else:
        raise SlackError("sim_bad_response_action", detail=str(answer)[:200])
    return opened.errors


def _checked_errors(opened: OpenView, errors: Any) -> dict[str, str]:
    # Modals, "displaying errors": block_ids of input blocks, with the text to show
    known = {block["block_id"] for block in inputs_of(opened.view)}
    if not isinstance(errors, dict) or not errors or not set(errors) <= known:
        raise SlackError("sim_bad_errors", detail=f"{errors!r} must be by block_id of {sorted(known)}")
    if not all(isinstance(text, str) and text.strip() for text in errors.values()):
        raise SlackError("sim_bad_errors", detail="each error must be a text")
    return errors


async def action(request: web.Request) -> web.Response:
    """`POST /sim/action`: `{view_id, action_id, values?, user?}` presses a button in a modal.

    Slack docs: "block_actions payload", the columns for views.
    """
    simulator = request.app[SIMULATOR]
    order = await _order(request, ("view_id", "action_id", "values", "user", *_TAMPERING))
    opened, user = _view(simulator, order), _user(simulator, order)
    buttons = [
        (block["block_id"], element)
        for block in opened.view["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    found = next((one for one in buttons if one[1].get("action_id") == order.get("action_id")), None)
    if found is None:
        raise web.HTTPNotFound(text=f"view {opened.id} has no button {order.get('action_id')}\n")
    view = _filled(opened, order, complete=False)
    pressed = {"type": "button", "action_id": found[1]["action_id"], "block_id": found[0]}
    payload = {
        **_interaction(simulator, user, "block_actions"),
        "container": {"type": "view", "view_id": opened.id},
        "view": view,
        "actions": [
            {
                **pressed,
                "text": found[1]["text"],
                "value": found[1].get("value", ""),
                "action_ts": _ts(simulator),
            }
        ],
    }
    return web.json_response(report(*await deliver(simulator, Parcel(payload, **_tampering(order)))))


async def close(request: web.Request) -> web.Response:
    """`POST /sim/close`: `{view_id}`."""
    simulator = request.app[SIMULATOR]
    order = await _order(request, ("view_id",))
    simulator.dialogs.close(_view(simulator, order).id)
    simulator.workspace.version += 1
    return web.json_response({"ok": True})


async def views(request: web.Request) -> web.Response:
    """`GET /sim/views`: the open modals, `{id, user, view, errors, values}`, oldest first."""
    return web.json_response([opened.record() for opened in request.app[SIMULATOR].dialogs.views.values()])


async def response(request: web.Request) -> web.Response:
    """A response_url. Slack docs: "Handling user interaction", message responses."""
    simulator = request.app[SIMULATOR]
    key = f"{request.match_info['number']}/{request.match_info['secret']}"
    body = await read_json(request)
    try:
        _check_answer(body)
        check_content(body, text_max=TEXT_MAX, users=simulator.workspace.users)
        channel_id, user = simulator.dialogs.answering(key, simulator.now)
    except SlackError as error:
        status = 404 if error.code in {"expired_url", "used_url"} else 400
        return web.json_response({"ok": False, "error": error.code, **error.extra}, status=status)
    content = {"text": str(body.get("text") or ""), "blocks": body.get("blocks") or []}
    if body.get("response_type") == "in_channel":
        channel = simulator.workspace.channel(channel_id)
        simulator.workspace.post(channel, {**content, "metadata": None})
    else:
        simulator.workspace.whisper({"channel": channel_id, "user": user, **content})
    return web.Response(text="ok")


def _check_answer(body: Any) -> None:
    if not isinstance(body, dict) or body.get("replace_original") or body.get("delete_original"):
        raise SlackError("invalid_payload")


# ── orders ────────────────────────────────────────────────────────────────────────────────────


async def _order(request: web.Request, keys: tuple[str, ...]) -> dict[str, Any]:
    order = await read_json(request)
    if not isinstance(order, dict) or set(order) - set(keys):
        raise web.HTTPBadRequest(text=f"the body must be an object with {', '.join(keys)}, not {order!r}\n")
    return order


def _tampering(order: dict[str, Any]) -> dict[str, Any]:
    repeat = order.get("repeat", 1)
    if isinstance(repeat, bool) or not isinstance(repeat, int) or not 1 <= repeat <= REPEAT_MAX:
        raise web.HTTPBadRequest(text=f"repeat must be a whole number from 1 to {REPEAT_MAX}\n")
    return {"repeat": repeat, "signature": order.get("signature"), "timestamp": order.get("timestamp")}


def _user(simulator: Simulator, order: dict[str, Any]) -> User:
    """The account of the order's user, a new full member if there is none."""
    workspace = simulator.workspace
    try:
        given = read_user(order.get("user"), workspace.users)
    except BadClickOrder as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    known = workspace.user(given.id)
    if known is None:
        workspace.remember_user(given.id, given.name)
    return known or given


def _channel(simulator: Simulator, order: dict[str, Any]) -> Any:
    try:
        return simulator.workspace.channel(str(order.get("channel")))
    except SlackError as error:
        raise web.HTTPNotFound(text=f"there is no channel {order.get('channel')}\n") from error


def _view(simulator: Simulator, order: dict[str, Any]) -> OpenView:
    found = simulator.dialogs.views.get(str(order.get("view_id")))
    if found is None:
        raise web.HTTPNotFound(text=f"there is no open view {order.get('view_id')}\n")
    return found


def _filled(opened: OpenView, order: dict[str, Any], *, complete: bool) -> dict[str, Any]:
    """The view with what is typed into it: what it began with, what was typed before, and what the order types."""
    values = {**initial_values(opened.view), **opened.values, **(order.get("values") or {})}
    try:
        state = state_of(opened.view, values, complete=complete)
    except BadForm as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error
    opened.values = values
    return {**opened.shown(), "state": {"values": state}}


def _interaction(simulator: Simulator, user: User, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "token": VERIFICATION_TOKEN,
        "action_ts": _ts(simulator),
        "team": {"id": BOT["team"], "domain": "simulator"},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": BOT["app_id"],
        "is_enterprise_install": False,
        "enterprise": None,
        "trigger_id": simulator.dialogs.trigger(user.id, simulator.now),
    }


def _ts(simulator: Simulator) -> str:
    return f"{simulator.wall():.6f}"


ROUTES = [
    web.post("/sim/command", command),
    web.post("/sim/shortcut", shortcut),
    web.post("/sim/submit", submit),
    web.post("/sim/action", action),
    web.post("/sim/close", close),
    web.get("/sim/views", views),
    web.post("/sim/response/{number}/{secret}", response),
]
