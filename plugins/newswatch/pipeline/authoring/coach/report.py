"""The coach's advice as lines for people and as JSON for machines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from newswatch.pipeline.authoring.coach.run import Advice
from newswatch.pipeline.authoring.coach.writing import Proposal, titles
from newswatch.pipeline.authoring.highlight import one_line
from newswatch.quantity import quantity


def summary(advice: Advice) -> str:
    """What the advice rests on, in one sentence."""
    texts = advice.texts
    parts = [
        f"{len(texts.unwanted):,} not relevant",
        f"{len(texts.wanted):,} wanted",
        f"{_others(len(texts.others), texts.all_others)} without a mark",
        f"{len(texts.missed):,} missed",
    ]
    return f"{advice.rule.id}: {', '.join(parts)}; {quantity(advice.items, 'stored item')}"


def nothing(advice: Advice) -> str:
    """Why there is no proposal."""
    texts = advice.texts
    if not texts.unwanted and not texts.missed:
        return (
            "Nothing to learn from: readers marked no hit as not relevant and recorded no miss. "
            "Mark messages in Slack as not relevant, and report there what was missed."
        )
    return "No small edit does more good than harm. The hits by term are on the rule's page."


def proposal_lines(advice: Advice, number: int, proposal: Proposal) -> Iterator[str]:
    """One proposal: what it does, what it gains and loses, its diff, the examples that go with it."""
    yield f"{number}. {proposal.weighed.candidate.about}  ({proposal.id})"
    yield f"   {effects(advice, proposal)}"
    if proposal.shared:
        yield f"   The list is also used by {', '.join(proposal.shared)}: check them with `newswatch backtest`"
    for label, found in _examples(advice, proposal).items():
        for title in found:
            yield f"   {label}: {one_line(title)}"
    yield from (f"   {row}" for row in proposal.diff.splitlines())
    for key, given in (
        ("must_match", proposal.offered.must_match),
        ("must_not_match", proposal.offered.must_not_match),
    ):
        for title in given:
            yield f"   offers {key}: {one_line(title)}"


def effects(advice: Advice, proposal: Proposal) -> str:
    """The gains and losses in one line."""
    effect, texts = proposal.weighed.effect, advice.texts
    parts = []
    if texts.unwanted:
        parts.append(f"loses {len(effect.removed)} of {len(texts.unwanted)} not relevant")
    if texts.wanted:
        parts.append(f"{len(effect.lost)} of {len(texts.wanted)} wanted")
    if texts.others:
        parts.append(f"{len(effect.others_lost)} of {quantity(len(texts.others), 'other')}")
    if texts.missed:
        parts.append(f"catches {len(effect.gained)} of {len(texts.missed)} missed")
    if effect.back:
        parts.append(f"and {quantity(len(effect.back), 'that was', 'that were')} not relevant")
    if effect.others_gained:
        parts.append(f"and {quantity(len(effect.others_gained), 'other')} among the stored items")
    return ", ".join(parts)


def _examples(advice: Advice, proposal: Proposal) -> dict[str, list[str]]:
    """Headlines of the hits without a mark that change, and of wanted ones that are lost."""
    effect, texts = proposal.weighed.effect, advice.texts
    return {
        "loses a wanted one": titles(effect.lost, texts.wanted),
        "loses": titles(effect.others_lost, texts.others),
        "catches": titles(effect.others_gained, proposal.weighed.also_caught),
    }


def as_dict(advice: Advice) -> dict[str, Any]:
    """The advice for machines."""
    texts = advice.texts
    return {
        "rule": advice.rule.id,
        "items": advice.items,
        "irrelevant": len(texts.unwanted),
        "wanted": len(texts.wanted),
        "others": len(texts.others),
        "others_in_all": texts.all_others,
        "missed": len(texts.missed),
        "proposals": [_as_dict(advice, one) for one in advice.proposals],
    }


def _as_dict(advice: Advice, proposal: Proposal) -> dict[str, Any]:
    candidate, effect = proposal.weighed.candidate, proposal.weighed.effect
    return {
        "id": proposal.id,
        "kind": candidate.kind,
        "about": candidate.about,
        "score": round(effect.score, 2),
        "irrelevant_lost": len(effect.removed),
        "irrelevant_caught": len(effect.back),
        "wanted_lost": len(effect.lost),
        "missed_caught": len(effect.gained),
        "others_lost": len(effect.others_lost),
        "others_caught": len(effect.others_gained),
        "examples": _examples(advice, proposal),
        "files": list(proposal.texts),
        "diff": proposal.diff,
        "must_match": proposal.offered.must_match,
        "must_not_match": proposal.offered.must_not_match,
        "shared": proposal.shared,
    }


def _others(weighed: int, all_others: int) -> str:
    return f"{weighed:,}" if weighed == all_others else f"the newest {weighed:,} of {all_others:,}"
