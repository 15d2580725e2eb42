"""Which copy of the configuration files may be applied.

Several machines may share one Redis, each with a folder of its own. If each applied its own files, the
configuration would change back and forth with every poll, and a rule that only one copy has would be new each
time. So one copy at a time has the right to be applied (docs/adr/0009-one-copy-of-the-files-is-applied.md).
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from newswatch.pipeline.base.notices import WHAT_TO_DO
from newswatch.settings import ApplyConfig

AWAY_S = 900.0
"""An owner that was not seen for this long is gone: its machine was replaced, or its folder was moved."""
RENEW_S = 60.0

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ConfigCopy:
    """A copy of the files: its host and path for people, and an identifier of the folder itself.

    `folder` is the same in all containers of one machine that mount the folder. It is "" if the system has no boot id.
    """

    host: str
    path: str
    folder: str = ""

    @property
    def name(self) -> str:
        """The copy as people name it."""
        return f"{self.host}:{self.path}"

    def same(self, other: ConfigCopy) -> bool:
        """Whether both are the same copy: the same folder, or the same path on a host of the same name.

        The second case covers a reboot, and a deployment that replaces the folder.
        """
        by_name = (self.host, self.path) == (other.host, other.path)
        return by_name or self.folder == other.folder != ""

    def to_json(self) -> str:
        """The form that Redis stores."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)


def copy_from_json(given: str) -> ConfigCopy | None:
    """What `to_json` wrote. None for anything else: then no copy has the right."""
    try:
        plain = json.loads(given)
        return ConfigCopy(str(plain["host"]), str(plain["path"]), str(plain["folder"]))
    except (ValueError, KeyError, TypeError):
        return None


def copy_in(directory: Path) -> ConfigCopy:
    """This machine's copy of the files."""
    path = str(directory.absolute())
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
        found = directory.stat()
    except OSError:
        return ConfigCopy(socket.gethostname(), path)
    return ConfigCopy(socket.gethostname(), path, f"{boot}:{found.st_dev}:{found.st_ino}")


def may_apply(setting: ApplyConfig, me: ConfigCopy, owner: ConfigCopy | None, away_s: float) -> bool:
    """Whether this copy may be applied; `away_s` is how long ago the owner was seen. Pure."""
    if setting != "auto":
        return setting == "yes"
    return owner is None or me.same(owner) or away_s > AWAY_S


def differing_text(me: ConfigCopy, owner: ConfigCopy) -> str:
    """The notice about two copies that differ."""
    return (
        f"Two copies of the configuration files differ. Those of {owner.name} are in force; those of {me.name} are"
        f" not applied.{WHAT_TO_DO}make them the same, or set NEWSWATCH_APPLY_CONFIG to yes on the machine whose files"
        " count and to no on all others."
    )


def replaced_text(me: ConfigCopy, owner: ConfigCopy, away_s: float) -> str:
    """The notice about a copy that replaced another one."""
    return (
        f"The configuration files of {me.name} are now applied instead of those of {owner.name}, which were last"
        f" seen {away_s / 60:.0f} min ago. If both are in use, set NEWSWATCH_APPLY_CONFIG=no on one of the two."
    )


def not_applied_text(owner: ConfigCopy) -> str:
    """The warning to the author of files that are not applied."""
    return (
        f"these files are not applied: those of {owner.name} are in force and differ. Edit them there, or set"
        " NEWSWATCH_APPLY_CONFIG to yes here and to no there"
    )
