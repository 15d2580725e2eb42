"""A DAG with a deadline that `dag.test()` and `airflow dags test` can run to the end."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG


class TestableDAG(DAG):
    """`DAG`, but `test()` leaves the deadline aside.

    Airflow 3.3.2 takes the deadline's definition for a database id there and fails after a run
    that succeeded (apache/airflow issue 73428). A test run has no scheduler that would watch the
    deadline anyway.
    """

    __test__ = False  # no test class, whatever its name

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """As `DAG.test`."""
        deadline, self.deadline = self.deadline, []
        try:
            return super().test(*args, **kwargs)
        finally:
            self.deadline = deadline
