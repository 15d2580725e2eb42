"""One rule as a form: a new one, a copy, or one that is edited. The same rule is shown as YAML beside it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from newswatch.config.load import WATCHLIST
from newswatch.config.rule_text import Target, lines_of_rule, number_of_rule, value_of
from newswatch.config.yaml_text import CannotEdit
from newswatch.errors import Problem
from newswatch.models import DEFAULT_MODALITY, MODALITIES, SEVERITIES, Bundle, Receiver, short_hash
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.live_results import prepare
from newswatch.pipeline.authoring.rule_form import RuleForm, copied_rule, edited_rule, form_of, new_rule
from newswatch.pipeline.base.services import Services
from newswatch.pipeline.oversight.queues import mode_of
from newswatch_airflow.ui.access import PageVisitor, ReaderDep, reader, writer
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.rooms.editor import problems_json
from newswatch_airflow.ui.shared import BundleDep, ServicesDep, Shared, SharedDep

router = APIRouter(dependencies=[Depends(reader)])
writes = APIRouter(dependencies=[Depends(writer)], tags=["watchlist"])

_Id = Annotated[str, Path(min_length=1, max_length=200)]
_Word = Annotated[str, Field(max_length=200)]

MOST_CHARACTERS = 50_000
MOST_CHOICES = 500


def _as_sent(form: RuleForm) -> RuleForm:
    """The fields with line breaks as the core has them: browsers send CR and LF. Raises ValueError for very long ones."""
    given = asdict(form)
    for name, value in given.items():
        texts = (value,) if isinstance(value, str) else value
        if len(texts) > MOST_CHOICES or any(len(one) > MOST_CHARACTERS for one in texts):
            raise ValueError(f"{name} is too long")
        if isinstance(value, str):
            given[name] = value.replace("\r\n", "\n")
    return RuleForm(**{**given, "modality": form.modality or DEFAULT_MODALITY})


Fields = Annotated[RuleForm, AfterValidator(_as_sent)]
"""The fields of the form, as a browser sends them."""


class ComposeRequest(BaseModel):
    """A form: of a new rule, of a copy of `copy_of`, or of `rule`, which was opened when it was `base`.

    `free_id` asks for another id if that of the form is taken: the user did not write it.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=300)]
    rule: _Word = ""
    copy_of: _Word = ""
    base: Annotated[str, Field(max_length=64)] = ""
    free_id: bool = False
    fields: Fields


@dataclass(frozen=True, slots=True)
class Composed:
    """The form as YAML. `text` is the whole file with it; `first` and `last` are the rule's lines there.

    `changed`: it is another text than that of the file.
    """

    id: str
    name: str
    text: str
    digest: str
    first: int
    last: int
    problems: tuple[Problem, ...]
    ok: bool
    changed: bool

    @property
    def yaml(self) -> str:
        """The rule's own lines."""
        return "\n".join(self.text.splitlines()[self.first - 1 : self.last])


@router.get("/watchlist/new", response_class=HTMLResponse, include_in_schema=False)
async def new_rule_page(
    request: Request,
    visitor: ReaderDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
    name: Annotated[str, Query(max_length=300)] = "",
) -> HTMLResponse:
    """An empty form, or the one that the URL fills in: then with its YAML, so that it works without scripts."""
    asked = ComposeRequest(name=name or await _first_file(services), fields=_fields(request, RuleForm()))
    return await _page(request, visitor, services, shared, bundle, asked)


@router.get("/watchlist/rules/{rule_id}/edit", response_class=HTMLResponse, include_in_schema=False)
async def edit_rule_page(
    request: Request,
    rule_id: _Id,
    visitor: ReaderDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """The form of a rule of the files; 404 for one that is not in them."""
    name, rule = await asyncio.to_thread(_rule_in_files, services, rule_id)
    asked = ComposeRequest(
        name=name, rule=rule_id, base=base_of_rule(rule), fields=_fields(request, form_of(rule))
    )
    return await _page(request, visitor, services, shared, bundle, asked)


@router.get("/watchlist/rules/{rule_id}/copy", response_class=HTMLResponse, include_in_schema=False)
async def copy_rule_page(
    request: Request,
    rule_id: _Id,
    visitor: ReaderDep,
    services: ServicesDep,
    shared: SharedDep,
    bundle: BundleDep,
) -> HTMLResponse:
    """The form of a copy of a rule. It has the same tests, and an id that is free."""
    name, rule = await asyncio.to_thread(_rule_in_files, services, rule_id)
    file = await asyncio.to_thread(editing.read_file, services.config_dir, name)
    form = replace(form_of(rule), id=_free_id(rule_id, file, bundle))
    asked = ComposeRequest(name=name, copy_of=rule_id, fields=_fields(request, form))
    return await _page(request, visitor, services, shared, bundle, asked)


@writes.post("/api/rules/compose")
async def compose_rule(
    asked: ComposeRequest, services: ServicesDep, shared: SharedDep, bundle: BundleDep
) -> JSONResponse:
    """The form as YAML, and what the check says: 409 if somebody else changed the rule since it was opened."""
    try:
        made = await _compose(services, shared, asked, bundle)
    except RuleChanged as error:
        return JSONResponse({"detail": str(error)}, 409)
    except CannotEdit as error:
        raise HTTPException(422, str(error)) from error
    return JSONResponse(
        {
            "ok": made.ok,
            "changed": made.changed,
            "id": made.id,
            "problems": problems_json(made.problems),
            "text": made.text,
            "digest": made.digest,
            "yaml": made.yaml,
            "first": made.first,
        }
    )


class RuleChanged(CannotEdit):
    """Somebody else changed the rule, or removed it, since the form was opened."""


async def _compose(
    services: Services, shared: Shared, asked: ComposeRequest, bundle: Bundle | None
) -> Composed:
    """Raises CannotEdit, RuleChanged and NotEditable."""
    file = await asyncio.to_thread(editing.read_file, services.config_dir, asked.name)
    form = asked.fields
    if asked.free_id and form.id.strip():
        form = replace(form, id=_free_id(form.id.strip(), file, bundle))
    text = await asyncio.to_thread(_with_form, file, asked, form)
    loaded = await shared.checked_draft(services, asked.name, text)
    # Another rule may have the same id while the form is filled in, so the rule is found by its place.
    number = number_of_rule(file.name, file.text, asked.rule) if asked.rule else -1
    first, last = lines_of_rule(asked.name, text, -1 if number is None else number) or (1, 0)
    return Composed(
        form.id.strip(),
        asked.name,
        text,
        file.digest,
        first,
        last,
        loaded.problems,
        ok=loaded.draft is not None,
        changed=text != file.text,
    )


def _free_id(rule_id: str, file: editing.EditedFile, bundle: Bundle | None) -> str:
    """The id, or the first of id-2, id-3, … that no rule of the file and none in force has. Raises CannotEdit."""
    known = {one.id for one in bundle.rules} if bundle else set()
    numbered = (f"{rule_id}-{number}" for number in itertools.count(2))
    ids = itertools.chain([rule_id], numbered)
    return next(one for one in ids if one not in known and number_of_rule(file.name, file.text, one) is None)


def _with_form(file: editing.EditedFile, asked: ComposeRequest, form: RuleForm) -> str:
    if asked.rule:
        now = value_of(file.name, file.text, Target("rule", asked.rule))
        if now is None or (asked.base and base_of_rule(now) != asked.base):
            raise RuleChanged(
                f"{asked.rule} was changed in {file.name} since you opened it. Nothing was overwritten: copy what you "
                "want to keep, and open the rule again."
            )
        return edited_rule(file.name, file.text, asked.rule, form)
    source = value_of(file.name, file.text, Target("rule", asked.copy_of)) if asked.copy_of else None
    return copied_rule(file.name, file.text, source, form) if source else new_rule(file.name, file.text, form)


async def _page(
    request: Request,
    visitor: PageVisitor,
    services: Services,
    shared: Shared,
    bundle: Bundle | None,
    asked: ComposeRequest,
) -> HTMLResponse:
    file = await asyncio.to_thread(editing.read_file, services.config_dir, asked.name)
    made, refused = None, ""
    # Scripts ask for the YAML themselves: making it twice would double the time that the page takes.
    scripted = visitor.writes and not file.refusal
    if request.query_params or ((asked.rule or asked.copy_of) and not scripted):
        try:
            made = await _compose(services, shared, asked, bundle)
        except CannotEdit as error:
            refused = str(error)
    if visitor.writes:
        await prepare(services, bundle.default_lang if bundle else "en")
    return render(
        request,
        visitor,
        "rule_form.html",
        here="watchlist",
        asked=asked,
        form=asked.fields,
        file=file,
        names=editing.file_names(services.config_dir),
        made=made,
        refused=refused,
        receivers=_receivers(bundle, asked.fields.notify),
        severities=SEVERITIES,
        modalities=MODALITIES,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A receiver to choose: its channel by name if that is known, and when it delivers, briefly and in full."""

    id: str
    channel: str = ""
    when: str = ""
    mode: str = "it is not in receivers.yaml"


def _receivers(bundle: Bundle | None, chosen: Sequence[str]) -> list[Choice]:
    """The receivers in force, and those that the rule names though they are not there."""
    known = {
        one.id: Choice(one.id, f"#{one.name}" if one.name else one.channel, _when(one), mode_of(one))
        for one in (bundle.receivers if bundle else ())
    }
    return [*known.values(), *(Choice(name) for name in chosen if name not in known)]


def _when(receiver: Receiver) -> str:
    """When a receiver delivers, "" for at once at any time: `digest 08:00 Zurich`, `quiet 22:00–07:00 UTC`. Pure."""
    if receiver.mode == "digest" and receiver.digest is not None:
        return f"digest {receiver.digest.at} {_city(receiver.digest.timezone)}"
    quiet = receiver.quiet
    if quiet is None:
        return ""
    but = f", not for {quiet.except_severity}" if quiet.except_severity else ""
    return f"quiet {quiet.start}–{quiet.end} {_city(quiet.timezone)}{but}"


def _city(timezone: str) -> str:
    """`Zurich` of `Europe/Zurich`. Pure."""
    return timezone.rpartition("/")[2].replace("_", " ")


def _rule_in_files(services: Services, rule_id: str) -> tuple[str, Any]:
    """The file that has the rule, and the rule as it is there."""
    name = editing.file_of_rule(services.config_dir, rule_id)
    try:
        text = editing.read_file(services.config_dir, name).text if name else ""
        rule = value_of(name, text, Target("rule", rule_id)) if name else None
    except CannotEdit as error:
        raise HTTPException(422, f"The rule cannot be shown as a form: {error}") from error
    if name is None or rule is None:
        raise HTTPException(404, "No rule in the watchlist files has this id.")
    return name, rule


async def _first_file(services: Services) -> str:
    names = await asyncio.to_thread(editing.file_names, services.config_dir)
    if not names:
        raise HTTPException(
            404, "There is no watchlist file yet: create config/watchlist.yaml with a list `rules:`."
        )
    return WATCHLIST if WATCHLIST in names else names[0]


def _fields(request: Request, form: RuleForm) -> RuleForm:
    """The form's fields, with those that the URL has in their place."""
    given = request.query_params
    own = asdict(form)
    for name in own:
        if name in given:
            own[name] = given.getlist(name) if name in ("modality", "notify") else given[name]
    if "kind" in given and "notify" not in given:
        own["notify"] = []
    try:
        return TypeAdapter(Fields).validate_python(own)
    except ValueError as error:
        raise HTTPException(422, f"The form cannot be read: {error}") from error


def base_of_rule(rule: Any) -> str:
    """Names what the file says of the rule: another name means that somebody changed it."""
    return short_hash(repr(rule))


router.include_router(writes)
