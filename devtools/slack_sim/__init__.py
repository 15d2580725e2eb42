"""A Slack workspace on your own machine: the Web API over HTTP, a page to read it, tools for tests.

Run `python -m devtools.slack_sim --port 8081 --data DIR`. A request goes through the modules in this
order::

    api (token, scope, arguments) ▶ faults (before) ▶ methods ▶ limits ▶ pacing ▶ state ▶ faults (after)

and a click on a button in the other direction::

    page or POST /sim/click ▶ interactivity ▶ clicks (which button, which payload)    ▶ delivery
    POST /sim/command, /sim/shortcut, /sim/submit ▶ commands ▶ dialogs (triggers, views) ▶ delivery
    delivery ▶ socket_mode (a listener's WebSocket) | signing (its request URL)

It is stricter than Slack where Slack would hide a mistake. For example, it refuses unescaped control
sequences (`sim_unescaped_control`). Nothing in it is idempotent: a message that is sent twice is
posted twice.
"""
