"""The local stack behind `make run`: Airflow, Redis, the Slack simulator and the sample news site.

Airflow's four components are started one by one instead of through `airflow standalone`.
Standalone neither restarts a component that died nor ends them all when it is told to stop; here
each is a process of its own session that is watched, restarted with a growing delay, and ended
together with everything it started.

The rooms, in the order in which a start passes through them::

    settings      environment and .env → Settings
    ports         which port each service gets, remembered between starts
    connections   REDIS_URL, SLACK_BOT_TOKEN → Airflow connections
    environment   Settings → the variables every child gets
    overlay       config/ with the sample feeds added, kept in step with config/
    components    what is started, with which command, and how one sees that it is ready
    processes     whose process is whose, and the end of all of them
    supervise     start in order, restart what dies, stop
    prune         old logs and old rows

`python -m devtools.stack run` stays in the foreground; `python -m devtools.stack stop` ends a stack
that runs elsewhere, and whatever a killed one left behind.
"""


class StackError(Exception):
    """The stack cannot start; the text names the setting to change."""
