"""A DAG with a deadline that `dag.test()` and `airflow dags test` can run to the end."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG


class TestableDAG(DAG):
    """A `DAG` whose `test()` ignores the deadline.

    Airflow 3.3.2 uses the deadline's definition as a database id there, and fails after a successful
    run (apache/airflow issue 73428). A test run has no scheduler that watches the deadline anyway.
    """

    __test__ = False  # not a test class, despite its name

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """As `DAG.test`."""
        deadline, self.deadline = self.deadline, []
        try:
            return super().test(*args, **kwargs)
        finally:
            self.deadline = deadline
