"""The three stages and what runs beside them; each function here does the work of one Airflow task.

poll → `newswatch.pipeline.poll.run`, match → `.match`, deliver → `.deliver`; `.configure` takes up the
files, `.backlog` says what waits, `.notices` tells ops, `.housekeeping` tidies.
"""
