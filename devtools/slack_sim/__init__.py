"""A Slack workspace on one's own machine: the Web API over HTTP, a page to read it, tools for tests.

Run `python -m devtools.slack_sim --port 8081 --data DIR`. One request goes through the rooms
in this order::

    api (token, scope, arguments) ▶ faults (before) ▶ methods ▶ limits ▶ pacing ▶ state ▶ faults (after)

and a click on a button the other way::

    page or POST /sim/click ▶ interactivity ▶ clicks (which button, which payload)
                                            ▶ socket_mode (a listener's WebSocket) | signing (its request URL)

It is stricter than Slack wherever a mistake would otherwise pass unseen, e.g. it refuses
unescaped control sequences (`sim_unescaped_control`), and it has no idempotency whatsoever:
a message that is sent twice stands there twice.
"""
