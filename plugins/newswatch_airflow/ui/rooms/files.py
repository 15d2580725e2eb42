"""The style sheet and the scripts: a fixed list, for logged-in users only, like everything else."""

from __future__ import annotations

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import FileResponse

from newswatch_airflow.ui.access import reader
from newswatch_airflow.ui.page import HERE, STATIC

router = APIRouter(dependencies=[Depends(reader)])


@router.get("/static/{name}", response_class=FileResponse, include_in_schema=False)
def static_file(name: str) -> FileResponse:
    """One of our own files; pages name it with its version, so it may be cached forever."""
    if name not in STATIC:
        raise HTTPException(404, "There is no such file.")
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers=headers)
