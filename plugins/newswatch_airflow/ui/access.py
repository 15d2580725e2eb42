"""Who may do what: Airflow's user for people, a static token for monitors, same origin for writes.

Airflow neither authenticates a mounted app nor protects it against forged requests; every route
depends on one of `reader`, `writer` and `monitor`, which tests/ui proves by walking the routes.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.dag import DagModel
from fastapi import Depends, HTTPException, Request

from newswatch.settings import VARIABLES
from newswatch_airflow.hooks import process_settings

DAG_ID = "poll_feeds"
"""Whoever may see this DAG may read the pages, whoever may edit it may write."""

TOKEN_VARIABLE = VARIABLES["monitor_token"].name
WRITE_HEADER = "X-Newswatch"

_may_read = requires_access_dag("GET", param_dag_id=DAG_ID)
_may_write = requires_access_dag("PUT", param_dag_id=DAG_ID)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `writes` says whether write controls are shown; each write is checked on its own."""

    name: str
    writes: bool


def reader(user: GetUserDep, _allowed: Annotated[None, Depends(_may_read)]) -> Visitor:
    """A logged-in user who may see poll_feeds; 401 or 403 else."""
    details = DagDetails(id=DAG_ID, team_name=DagModel.get_team_name(DAG_ID))
    writes = get_auth_manager().is_authorized_dag(method="PUT", details=details, user=user)
    return Visitor(user.get_name(), writes)


def writer(request: Request, user: GetUserDep, _allowed: Annotated[None, Depends(_may_write)]) -> Visitor:
    """A logged-in user who may edit poll_feeds, asking from a page of ours; 401 or 403 else."""
    refusal = foreign(request)
    if refusal:
        raise HTTPException(403, refusal)
    return Visitor(user.get_name(), writes=True)


def monitor(request: Request) -> None:
    """A monitor with the static token; 401 without it, 403 where no token is set. Raises SettingsRefused."""
    expected = process_settings().monitor_token
    if expected is None:
        raise HTTPException(403, f"Monitoring is off: set {TOKEN_VARIABLE} for the api-server.")
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected.encode()):
        headers = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(401, f"Send the header Authorization: Bearer <{TOKEN_VARIABLE}>.", headers)


def foreign(request: Request) -> str:
    """Why a write is taken for forged, "" if it is not.

    Browsers send Sec-Fetch-Site and Origin by themselves and let no page change them; the header
    of our own cannot be sent to another origin without that origin's consent.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return "Refused: the request comes from another site."
    origin = request.headers.get("origin")
    if origin is not None and site is None and urlsplit(origin).netloc != request.headers.get("host"):
        return "Refused: the request comes from another origin."
    if origin == "null":
        return "Refused: the request does not say which page it comes from."
    if WRITE_HEADER.lower() not in request.headers:
        return f"Refused: send the header {WRITE_HEADER}: 1 with every write."
    return ""


ReaderDep = Annotated[Visitor, Depends(reader)]
WriterDep = Annotated[Visitor, Depends(writer)]
