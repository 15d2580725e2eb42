"""The stages and what runs beside them, in rooms in the order of the data path.

::

    base/       what every stage needs: services, configuration in force, routing, shifts, notices, leases, hosts
    poll/       which feeds are due, and one feed's visit: fetch, parse, claim
    articles/   the web pages of items, for feeds with `article: true`
    match/      which rules an item satisfies, and into which message each alert goes
    deliver/    messages to Slack
    authoring/  for people who write rules: edit, check, try, backtest, improve, mute
    oversight/  for people who run newswatch: status, why, metrics, housekeeping

`run.py` of a stage is its work, once or for a shift (deliver's shift is in `stay.py`). Stages do not import each other; they meet in Redis.
"""
