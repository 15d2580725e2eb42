"""What Airflow knows about our DAGs: which are paused or failed, and which run did a step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from newswatch.pipeline.oversight.alerts import Step
from newswatch.pipeline.oversight.findings import Finding
from newswatch_airflow.slots import too_low_in_database

PIPELINE = ("check_config", "poll_feeds", "match_items", "deliver_alerts", "fetch_articles", "housekeeping")

_PAUSED = {
    "check_config": "edited configuration is loaded only by deliver_alerts",
    "poll_feeds": "no feed is polled",
    "match_items": "items wait and nothing alerts",
    "deliver_alerts": "alerts wait and nothing is sent",
    "fetch_articles": "articles are not read, so rules see only headlines and summaries",
    "housekeeping": "expired data stays, and memory fills up",
}


@dataclass(frozen=True, slots=True)
class DagStanding:
    """One DAG: whether it is there, whether it is paused, how its last finished run ended, and what it is doing.

    `begun` is when a task of the run that has not ended was last queued or started, None for never.
    """

    dag_id: str
    known: bool
    paused: bool
    last_state: str
    last_run: str
    ended: datetime | None = None
    begun: datetime | None = None


def standings(dag_ids: Sequence[str] = PIPELINE) -> list[DagStanding]:
    """The state of our DAGs. It queries Airflow's database, so call it from a thread."""
    with create_session() as session:
        models = {
            row.dag_id: row
            for row in session.execute(
                select(DagModel.dag_id, DagModel.is_paused, DagModel.is_stale).where(
                    DagModel.dag_id.in_(dag_ids)
                )
            )
        }
        return [_standing(session, dag_id, models.get(dag_id)) for dag_id in dag_ids]


def _standing(session: Session, dag_id: str, model: Any) -> DagStanding:
    if model is None:
        return DagStanding(dag_id, known=False, paused=False, last_state="", last_run="")
    query = (
        select(DagRun.state, DagRun.run_id, DagRun.end_date)
        .where(DagRun.dag_id == dag_id, DagRun.end_date.is_not(None))
        .order_by(DagRun.run_after.desc())
        .limit(1)
    )
    last = session.execute(query).first()
    return DagStanding(
        dag_id,
        known=not model.is_stale,
        paused=bool(model.is_paused),
        last_state=str(last.state) if last else "",
        last_run=last.run_id if last else "",
        ended=last.end_date if last else None,
        begun=_begun(session, dag_id),
    )


def _begun(session: Session, dag_id: str) -> datetime | None:
    query = (
        select(func.max(TaskInstance.queued_dttm), func.max(TaskInstance.start_date))
        .join(DagRun, (DagRun.dag_id == TaskInstance.dag_id) & (DagRun.run_id == TaskInstance.run_id))
        .where(DagRun.dag_id == dag_id, DagRun.end_date.is_(None))
    )
    return max((moment for moment in session.execute(query).one() if moment), default=None)


def begun(found: Sequence[DagStanding]) -> dict[str, datetime]:
    """When a task of each DAG was last queued or started, for those with a run that has not ended. Pure."""
    return {standing.dag_id: standing.begun for standing in found if standing.begun}


def failed(found: Sequence[DagStanding]) -> dict[str, datetime]:
    """When the last run of each DAG ended, for those whose last run failed. Pure."""
    return {one.dag_id: one.ended for one in found if one.last_state == "failed" and one.ended}


def findings(found: Sequence[DagStanding], mended: Collection[str] = ()) -> list[Finding]:
    """The problems among these. The causes of red runs of the `mended` DAGs are over. Pure."""
    missing = [standing.dag_id for standing in found if not standing.known]
    known = [
        finding
        for standing in found
        if standing.known
        for finding in _finding(standing, mended=standing.dag_id in mended)
    ]
    if not missing:
        return known
    names = ", ".join(missing)
    what = f"Airflow does not know {'the DAG' if len(missing) == 1 else 'the DAGs'} {names}."
    do = "See the import errors on Airflow's Dags page. Is the dag-processor running?"
    return [Finding("dag-missing", "error", what, do, "a-dag-is-missing"), *known]


def _finding(standing: DagStanding, *, mended: bool) -> list[Finding]:
    dag_id = standing.dag_id
    if standing.paused:
        what = f"The DAG {dag_id} is paused: {_PAUSED[dag_id]}."
        return [
            Finding(
                f"dag:{dag_id}", "error", what, "Unpause it in Airflow's list of DAGs.", "a-dag-is-paused"
            )
        ]
    if standing.last_state == "failed" and not mended:
        what = f"The last run of {dag_id} failed ({standing.last_run})."
        do = "Open its red task. The last lines of the log say what to do."
        return [Finding(f"dag:{dag_id}", "error", what, do, "a-run-is-red")]
    return []


def slot_findings(poll_shards: int) -> list[Finding]:
    """Limits of a pool or a DAG that are too low for the stages. It queries Airflow's database, so call it from a thread."""
    what = too_low_in_database(poll_shards)
    do = "Raise the limit named. The stages that have no slot begin by themselves."
    return [Finding("pool", "error", what, do, "a-task-gets-no-slot")] if what else []


def runs_of(steps: Sequence[Step]) -> dict[str, str]:
    """The run that was active at each step's time, by the step's name. Call it from a thread.

    Our DAGs have one run at a time, so the time identifies the run. A step without one was done by a command.
    """
    found = {}
    with create_session() as session:
        for step in steps:
            if step.dag_id and step.at is not None:
                run = _run_at(session, step.dag_id, step.at)
                if run is not None:
                    found[step.name] = run
    return found


def _run_at(session: Session, dag_id: str, at: datetime) -> str | None:
    query = (
        select(DagRun.run_id)
        .where(
            DagRun.dag_id == dag_id,
            DagRun.start_date <= at,
            or_(DagRun.end_date.is_(None), DagRun.end_date >= at),
        )
        .order_by(DagRun.start_date.desc())
        .limit(1)
    )
    run_id: str | None = session.execute(query).scalar()
    return run_id
