"""What pyproject.toml cannot say: the wheel also has dags/ and docs/, which are not packages."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = {"dags": ("*.py",), "docs": ("*.md", "adr/*.md", "slack-app.yaml")}
"""Folders of the repository that become newswatch/shipped/ in a wheel, where newswatch/places.py finds them."""


class BuildWithShipped(build_py):
    """`build_py` that also copies the shipped folders. An editable install reads them where they are."""

    def run(self) -> None:
        """Build, then copy."""
        super().run()
        if not self.editable_mode:
            for source, target in self._shipped():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002 - setuptools' own
        """The files of the build, with the copies."""
        return [*super().get_outputs(include_bytecode), *(str(target) for _, target in self._shipped())]

    def _shipped(self) -> list[tuple[Path, Path]]:
        into = Path(self.build_lib) / "newswatch" / "shipped"
        return [
            (file, into / file)
            for folder, patterns in SHIPPED.items()
            for pattern in patterns
            for file in sorted(Path(folder).glob(pattern))
        ]


METADATA = Path("build")
"""Where setuptools leaves newswatch.egg-info. In plugins/, which is on Airflow's path, it would name the plugin's entry
point a second time."""
METADATA.mkdir(exist_ok=True)

setup(
    cmdclass={"build_py": BuildWithShipped},
    options={"egg_info": {"egg_base": str(METADATA)}},
)
