"""newswatch under Airflow: connections, assets, residents, pages, retry policy, and the bodies of the tasks.

`dags/` connects these parts. The work itself is done by `newswatch.pipeline`, which does not know
Airflow. `plugins/.airflowignore` hides this folder from plugin discovery.
"""
