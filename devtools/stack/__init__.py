"""The local stack behind `make run`: Airflow, Redis, the Slack simulator and the sample news site.

Airflow's four components are started one by one, not by `airflow standalone`. Standalone does not restart
a component that has died, and does not end all of them when it is stopped. Here each component is a
process in its own session. It is watched, restarted with a growing delay, and ended together with
everything it started.

The modules, in the order in which a start uses them::

    settings      environment and .env → StackSettings
    ports         the port of each service, remembered between starts
    connections   REDIS_URL, SLACK_BOT_TOKEN → Airflow connections
    environment   StackSettings → the environment variables of every child
    overlay       config/ with the sample feeds added, kept up to date with config/
    components    the command of each component, and how to see that it is ready
    processes     finding and ending the processes of a stack
    supervise     start in order, restart what dies, stop
    prune         remove old logs and old rows

`python -m devtools.stack run` stays in the foreground. `python -m devtools.stack stop` ends a stack that
runs elsewhere, and what a killed one has left behind.
"""


class StackError(Exception):
    """The stack cannot start. The text says why, and which setting to change."""
