"""Saving a proposal, as the editor saves a file: checked, in one step, with the version before in the history."""

from __future__ import annotations

from datetime import datetime

from newswatch.errors import PermanentError
from newswatch.pipeline.authoring import editing
from newswatch.pipeline.authoring.coach.run import Advice
from newswatch.pipeline.authoring.saved_versions import digest_of
from newswatch.settings import Settings


class NoSuchProposal(PermanentError):
    """The proposal is not among the present ones, or it cannot be saved in one step."""


def apply_proposal(settings: Settings, advice: Advice, proposal_id: str, *, by: str, now: datetime) -> str:
    """Save a proposal and return the name of the file that it changed.

    Raises NoSuchProposal, and the errors of `editing.save`; then nothing changed.
    """
    found = next((one for one in advice.proposals if one.id == proposal_id), None)
    if found is None:
        known = ", ".join(one.id for one in advice.proposals) or "none"
        raise NoSuchProposal(
            f"no proposal {proposal_id!r}: the files, the marks or the options have changed; there are now: {known}"
        )
    if len(found.texts) != 1:
        names = " and ".join(found.texts)
        raise NoSuchProposal(f"proposal {proposal_id} changes {names}: apply its diff by hand")
    ((name, text),) = found.texts.items()
    editing.save(settings, name, text, expected=digest_of(found.before[name].encode()), by=by, now=now)
    return name
