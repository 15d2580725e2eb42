"""Redis: what is stored, and the atomic steps by which one stage hands over to the next.

In the order of the data path::

    client, server, faults   connecting, whether this Redis can be used, what its errors mean
    clock, deployment        noticing that the time went back; the workspace that this Redis belongs to
    keys, codec              names of keys; items and alerts as JSON
    configuration            the bundle in force
    feeds, feed_state        a feed's state, the claim
    seen, elements, polls    what a feed has shown, its last document, its last polls
    hosts                    pauses that hosts asked for
    articles                 the queue of articles
    items                    the stream, as matching reads it
    handover                 match → outbox
    messages, outbox         messages and their queues
    withdrawals, moves       alerts that are no longer wanted, queues that follow their receivers
    breaker, turns           whether Slack is away, whose turn it is to ask it
    epoch                    whether Redis lost data
    mutes, marks, listening  what readers do with buttons
    labelled, rule_hits      items labelled for a rule, and what rules caught at the last housekeeping
    reminders                high alerts that nobody acknowledged
    notices, daily_lines     messages to ops and to quiet receivers
    last_runs                when the DAGs that come and go last finished
    leases                   one process at a time works a stage
    pulses                   what the residents say of themselves, and whether they are asked to drain
    archive, sightings       what pages and `why` look up
    retention                removing what is past its retention
"""
