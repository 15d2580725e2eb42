"""Chaos: the three stages, Redis and Slack's answers are broken again and again while news comes in.

::

    python -m devtools.chaos --kills 1000 --redis-kills 20 --alerts 1000 --seed 7

`press` publishes the feeds and knows which alerts they must bring; `nursery` forks the stages' processes
and kills them; `run` draws the seeded plan and counts what stands in Slack in the end.
"""
