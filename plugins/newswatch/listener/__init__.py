"""The listener: a small service of its own that receives what people click, type and send in Slack.

::

    Slack ──Socket Mode──▶ slack/socket_mode ─┐
    Slack ──signed POST──▶ listener/web ──────┴▶ inbox ┬▶ slack/clicks ▶ clicks ▶ Redis ▶ the message in Slack
                                                       └▶ slack/requests ▶ commands ▶ rights ▶ watchlist.d, Redis
                                                                              └▶ a modal, or an answer to one person

`newswatch listen` runs it (`run`), beside Airflow and never inside it. `inbox` is where everything arrives either way.
While it runs, messages have buttons. Slack shows a click that was not acknowledged as failed, and the reader clicks again.
"""
