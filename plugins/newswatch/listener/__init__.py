"""The listener: one small service of its own that takes readers' clicks from Slack.

::

    Slack ──Socket Mode──▶ slack/socket_mode ─┐
    Slack ──signed POST──▶ listener/web ──────┴▶ slack/clicks ▶ pipeline/clicks ▶ Redis ▶ the message in Slack

`newswatch listen` runs it, beside Airflow and never within it. While it runs, messages have
buttons; what it has not acknowledged Slack shows as failed, and the reader clicks again.
"""
