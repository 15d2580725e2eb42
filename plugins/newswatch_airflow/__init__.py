"""newswatch under Airflow: connections, assets, watchers, retry policy, and the bodies of the tasks.

`dags/` wires what is here; the work itself is `newswatch.pipeline`, which knows nothing of
Airflow. This folder is hidden from plugin discovery by `plugins/.airflowignore`.
"""
