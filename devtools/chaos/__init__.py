"""Chaos: kills the three stages and Redis again and again and breaks Slack's answers, while news arrives.

::

    python -m devtools.chaos --kills 1000 --redis-kills 20 --alerts 1000 --seed 7

`feeds` publishes the feeds and knows the alerts that they must cause. `stages` forks the processes of the
stages and kills them. `run` makes a random plan from a seed, carries it out, and counts the messages in
Slack at the end.
"""
