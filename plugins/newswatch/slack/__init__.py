"""The Slack side: what a message looks like, how it is sent, what the answers mean.

::

    Item + Spans ──excerpt──▶ Excerpts             (excerpt: pure)
    Message + Alerts ──reports──▶ [Report]         (reports: pure; one per item of the story)
    [Report] ──payload──▶ dict ──limits──▶ checked (payload, limits: pure)
    payload ──client──▶ Slack ──answers──▶ Outcome (client: the only module that uses the network; answers: pure)

`text` makes feed text harmless. `history` finds our messages in what Slack returns. `doctor` says what
is wrong with a token or a channel, and what to do.
"""
