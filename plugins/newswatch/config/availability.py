"""What the files may say one day and the stages cannot do yet.

Such a setting is read and checked like any other and then refused at its place: a rule with a
threshold that nobody applies would look as if it worked. Taking an entry out of the table makes
the setting available.
"""

from __future__ import annotations

NOT_YET: dict[str, str] = {
    "rule.threshold": "alerting on a surge only",
    "receiver.mode=digest": "digests",
    "receiver.digest": "digests",
    "receiver.quiet": "quiet hours",
}
"""`<record>.<key>`, or `<record>.<key>=<value>` where only one value is not available."""


def refusal(record: str, key: str, value: object) -> str | None:
    """Why this setting is refused for now, or None. Switching a thing off is always fine."""
    if value is False:
        return None
    entry = f"{record}.{key}"
    if entry not in NOT_YET and isinstance(value, str):
        entry = f"{entry}={value}"
    if entry not in NOT_YET:
        return None
    return f"{key}: {NOT_YET[entry]} is not available in this version: remove it"
