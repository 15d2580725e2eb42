"""The listener: a small service of its own that receives readers' clicks from Slack.

::

    Slack ──Socket Mode──▶ slack/socket_mode ─┐
    Slack ──signed POST──▶ listener/web ──────┴▶ slack/clicks ▶ listener/clicks ▶ Redis ▶ the message in Slack

`newswatch listen` runs it (`run`), beside Airflow and never inside it. `inbox` is where clicks arrive either way. While it runs, messages have
buttons. Slack shows a click that was not acknowledged as failed, and the reader clicks again.
"""
