"""The Slack side: what a message looks like, how it is sent, what the answers mean.

::

    Message + Alerts ──reports──▶ [Report]         (reports: pure; one per item of the story)
    [Report] ──payload──▶ dict ──limits──▶ checked (payload, listing, plain, limits: pure)
    payload ──client──▶ Slack ──answers──▶ Outcome (client: HTTP to Slack; answers: pure)
    click ──socket_mode or signature──▶ clicks     (socket_mode: the connection; signature, clicks: pure)

`layout` is what the pipeline sees of the rendering, `buttons` what readers can click, `elements` what rich text is made of.
`text` makes feed text harmless.
`history` finds our messages in what Slack returns. `doctor` says what is wrong with a token or a channel, and what
to do.
"""
