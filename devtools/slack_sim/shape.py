"""The basic checks for Block Kit. They collect problems, with JSON pointers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from devtools.slack_sim.text import control_problem, is_web_url

STRING_ID_MAX = 255


@dataclass(slots=True)
class Findings:
    """The problems of one payload. `control` has those with unescaped text, which get an error of their own."""

    problems: list[str] = field(default_factory=list)
    control: list[str] = field(default_factory=list)

    def say(self, problem: str, pointer: str) -> None:
        """Adds a problem in Slack's wording."""
        self.problems.append(f"{problem} [json-pointer:{pointer}]")


def check_keys(
    found: Findings,
    value: dict[str, Any],
    pointer: str,
    *,
    required: Collection[str],
    optional: Collection[str] = (),
) -> bool:
    """Reports missing and additional properties; `type` is always allowed. Returns whether none is missing."""
    missing = [name for name in required if name not in value]
    for name in missing:
        found.say(f"missing required field: {name}", pointer)
    for name in value:
        if name != "type" and name not in required and name not in optional:
            found.say(f"invalid additional property: {name}", pointer)
    return not missing


def check_string(
    found: Findings, value: Any, pointer: str, *, most: int | None = None, least: int = 1
) -> bool:
    """A text must have `least` to `most` characters. Returns whether it is a text."""
    if not isinstance(value, str):
        found.say("must provide a string", pointer)
        return False
    if len(value) < least:
        found.say(f"must be more than {least - 1} characters", pointer)
    if most is not None and len(value) > most:
        found.say(f"must be less than {most + 1} characters", pointer)
    return True


def check_list(
    found: Findings, value: Any, pointer: str, *, most: int | None = None, least: int = 1
) -> list[Any]:
    """A list must have `least` to `most` entries. Returns it, or an empty list if it is not a list."""
    if not isinstance(value, list):
        found.say("must provide an array", pointer)
        return []
    if len(value) < least:
        found.say(f"no less than {least} items allowed", pointer)
    if most is not None and len(value) > most:
        found.say(f"no more than {most} items allowed", pointer)
    return value


def check_url(found: Findings, value: Any, pointer: str, *, most: int = 3000) -> None:
    """A link must be http or https with at most `most` characters (Block Kit reference: button element)."""
    if check_string(found, value, pointer, most=most) and not is_web_url(value):
        found.say("must be a valid http or https URL", pointer)


def check_choice(found: Findings, value: Any, pointer: str, choices: Collection[Any]) -> None:
    """A value must be one of `choices`."""
    if isinstance(value, (dict, list)) or value not in choices:
        found.say(f"must be one of {', '.join(map(str, choices))}", pointer)


def check_text_object(
    found: Findings, value: Any, pointer: str, *, most: int, kinds: Collection[str] = ("plain_text", "mrkdwn")
) -> None:
    """Block Kit reference: text object (1 to 3,000 characters; emoji, verbatim)."""
    if not isinstance(value, dict):
        found.say("must provide an object", pointer)
        return
    kind = value.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        found.say(f"must be one of {', '.join(kinds)}", f"{pointer}/type")
        return
    extra = ("emoji",) if kind == "plain_text" else ("verbatim",)
    if not check_keys(found, value, pointer, required=("text",), optional=extra):
        return
    if check_string(found, value["text"], f"{pointer}/text", most=most) and kind == "mrkdwn":
        problem = control_problem(value["text"])
        if problem:
            found.control.append(f"{pointer}/text: {problem}")
