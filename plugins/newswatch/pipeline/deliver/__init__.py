"""The deliver stage: messages from the outbox to Slack, and what became of each.

In the order in which a message meets them::

    run, stay        the stage: once by hand, or for a shift
    edits            applies edited configuration files meanwhile
    run_state, window what a run's channels share, and how much is sent at once
    workspace        whether this Redis belongs to the token's workspace
    recall           what was posted before Redis lost data
    judgement        whether a queued alert is still wanted, and may be sent now
    withdrawal       withdraws and brings back what is judged
    moving           queues that follow their receivers to other channels
    backlog, folding what has waited too long, or comes too often, becomes lists
    courier          one message through its states
    thread           the channel, or the thread of a story's message
    rendering        the payload
    verdict          what Slack's answer means for the message, its channel and the workspace
    hop_times        how long its alerts took from hop to hop
    doubt            finds out what became of messages whose answer was lost
    breaker, probe   an outage of Slack
    updates          edits of posted messages
    reminders        high alerts that nobody acknowledged
    lateness         channels that are behind, clocks that differ
    dead_letters     messages that Slack refused for good
    queue, by_hand   a channel's queue, and what an operator does with it
"""
