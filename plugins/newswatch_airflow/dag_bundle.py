"""The DAGs of the installed package as a DAG bundle, so that nobody has to copy them.

In Airflow's configuration, beside the bundles that are there::

    [dag_processor]
    dag_bundle_config_list = [
      {"name": "newswatch", "classpath": "newswatch_airflow.dag_bundle.NewswatchDags", "kwargs": {}}]
"""

from __future__ import annotations

from typing import Any

from airflow.dag_processing.bundles.local import LocalDagBundle

from newswatch.places import DAGS


class NewswatchDags(LocalDagBundle):
    """The DAG files that belong to the newswatch that is installed; an upgrade brings the new ones."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(path=str(DAGS), **kwargs)
