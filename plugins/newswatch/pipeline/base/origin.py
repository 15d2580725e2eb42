"""Which copy of the configuration files may be applied.

Several machines may read one Redis, each with a folder of its own. If each applied what it has, the
configuration would flip at every poll, and a rule that is only in one copy would be new again each time.
So one copy holds the right (docs/adr/0009-one-copy-of-the-files-is-applied.md).
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from newswatch.settings import ApplyConfig

AWAY_S = 900.0
"""An owner that was not seen for so long is gone: its machine was replaced or its folder has moved."""
RENEW_S = 60.0

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Origin:
    """A copy of the files: where people find it, and what names the folder itself.

    `folder` is the same in all containers of a machine that mount the folder, whatever they are called; it is
    "" where the system names no boot.
    """

    host: str
    path: str
    folder: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.host}:{self.path}"

    def same(self, other: Origin) -> bool:
        """Whether both are one copy: the same folder, or the same path on a host of the same name.

        The second holds after a restart of the machine and where a deployment replaces the folder.
        """
        by_name = (self.host, self.path) == (other.host, other.path)
        return by_name or self.folder == other.folder != ""

    def to_json(self) -> str:
        """As Redis keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def origin_from_json(given: str) -> Origin | None:
    """What `to_json` wrote; None for "" and for what cannot be read, since nobody holds the right then."""
    try:
        plain = json.loads(given)
        return Origin(str(plain["host"]), str(plain["path"]), str(plain["folder"]))
    except (ValueError, KeyError, TypeError):
        return None


def origin_of(directory: Path) -> Origin:
    """This machine's copy of the files."""
    path = str(directory.absolute())
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
        found = directory.stat()
    except OSError:
        return Origin(socket.gethostname(), path)
    return Origin(socket.gethostname(), path, f"{boot}:{found.st_dev}:{found.st_ino}")


def may_apply(setting: ApplyConfig, me: Origin, owner: Origin | None, away_s: float) -> bool:
    """Whether this copy may be applied; `away_s` is how long ago the owner was seen. Pure."""
    if setting != "auto":
        return setting == "yes"
    return owner is None or me.same(owner) or away_s > AWAY_S


def differing_text(me: Origin, owner: Origin) -> str:
    """The notice of two copies that differ."""
    return (
        f"Two copies of the configuration files differ. Those of {owner.name} are in force; those of {me.name} are"
        " not applied. Make them the same, or set NEWSWATCH_APPLY_CONFIG: yes where files are to be applied, no"
        " everywhere else."
    )


def replaced_text(me: Origin, owner: Origin, away_s: float) -> str:
    """The notice of a copy that took the place of another one."""
    return (
        f"The configuration files of {me.name} are applied now. Before, those of {owner.name} were, which were last"
        f" seen {away_s / 60:.0f} min ago. If both are in use, set NEWSWATCH_APPLY_CONFIG=no on one of the two."
    )


def not_applied_text(owner: Origin) -> str:
    """What the author of files that are not applied has to know."""
    return (
        f"these files are not applied: those of {owner.name} are in force and differ. Edit them there, or set"
        " NEWSWATCH_APPLY_CONFIG to yes here and to no there"
    )
