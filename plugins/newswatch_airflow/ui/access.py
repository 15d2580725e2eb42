"""Who may do what: people log in to Airflow, monitors have a static token, writes need the same origin.

Airflow does not authenticate requests to a mounted app, nor protect it against forged ones. So every
route depends on one of `reader`, `writer` and `monitor`; tests/ui proves it by walking the routes.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.configuration import conf
from airflow.models.dag import DagModel
from fastapi import Depends, HTTPException, Request

from newswatch.acting_user import acting_user
from newswatch.settings import VARIABLES
from newswatch_airflow.hooks import process_settings

DAG_ID = "poll_feeds"
"""A user who may see this DAG may read the pages. A user who may edit it may write."""

TOKEN_VARIABLE = VARIABLES["monitor_token"].name
WRITE_HEADER = "X-Newswatch"

_may_read = requires_access_dag("GET", param_dag_id=DAG_ID)
_may_write = requires_access_dag("PUT", param_dag_id=DAG_ID)


@dataclass(frozen=True, slots=True)
class PageVisitor:
    """The user of a request. `writes` decides whether write controls are shown; each write is checked again."""

    name: str
    writes: bool


def reader(user: GetUserDep, _allowed: Annotated[None, Depends(_may_read)]) -> PageVisitor:
    """A logged-in user who may see poll_feeds, else 401 or 403."""
    details = DagDetails(id=DAG_ID, team_name=DagModel.get_team_name(DAG_ID))
    writes = get_auth_manager().is_authorized_dag(method="PUT", details=details, user=user)
    return PageVisitor(_name(user), writes)


def writer(request: Request, user: GetUserDep, _allowed: Annotated[None, Depends(_may_write)]) -> PageVisitor:
    """A logged-in user who may edit poll_feeds, on one of our pages, else 401 or 403."""
    refusal = foreign(request)
    if refusal:
        raise HTTPException(403, refusal)
    return PageVisitor(_name(user), writes=True)


def _name(user: BaseUser) -> str:
    """The name under which an edit is recorded: that of the login, or of the machine's user where there is none."""
    if conf.getboolean("core", "simple_auth_manager_all_admins", fallback=False):
        return acting_user()
    return user.get_name()


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
    """Why a write looks forged, "" if it does not.

    Browsers send Sec-Fetch-Site and Origin by themselves, and no page can change them. Our own header
    cannot be sent to another origin without that origin's consent.
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


ReaderDep = Annotated[PageVisitor, Depends(reader)]
WriterDep = Annotated[PageVisitor, Depends(writer)]
