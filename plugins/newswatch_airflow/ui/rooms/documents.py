"""Our own documents as pages: the runbook, and how rules are written."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from newswatch.errors import PermanentError
from newswatch.places import DOCS
from newswatch_airflow.ui.access import ReaderDep, reader
from newswatch_airflow.ui.page import render
from newswatch_airflow.ui.prose import as_html

router = APIRouter(dependencies=[Depends(reader)])


@router.get("/runbook", response_class=HTMLResponse, include_in_schema=False)
def runbook_page(request: Request, visitor: ReaderDep) -> HTMLResponse:
    """docs/runbook.md, as it was installed."""
    return render(request, visitor, "document.html", heading="Runbook", text=as_html(_read("runbook.md")))


@router.get("/guide/rules", response_class=HTMLResponse, include_in_schema=False)
def rules_page(request: Request, visitor: ReaderDep) -> HTMLResponse:
    """docs/rules.md, as it was installed."""
    text = as_html(_read("rules.md"))
    return render(request, visitor, "document.html", here="watchlist", heading="Rules", text=text)


def _read(name: str) -> str:
    try:
        return (DOCS / name).read_text("utf-8")
    except OSError as error:
        raise PermanentError(
            f"docs/{name} is not installed beside the plugins; read it in the repository"
        ) from error
