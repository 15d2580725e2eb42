"""The poll stage.

In the order of the data path::

    stay             a shard of the feeds, each polled when it is due, for a shift
    run              all due feeds once, for the command line
    schedule         when a feed is due, and when it is requested in full
    cycle            a shard's feeds side by side, host by host
    pressure         pauses polling while Redis is nearly full
    visit            one feed: fetch, compare (304 ends here), parse, claim
    changed_entries  parsing only the entries that changed
    entry_ids        what an entry is recognised by
    pairing          which known item each entry is
    identity         which entries are new, which are edits
    gaps             whether items were missed between two documents
    addresses        which of a feed's addresses is read
    switching        the first document after another address is read
    layout_changes   what a page showed before and after its layout changed
    claim_log        what the log says about a claim
    rhythm           how often a feed publishes
    moved_feeds      when a permanent redirect is followed for good
    host_moves       which shard polls a feed that is read from another host
    health           what a poll means for the feed's state, its next poll and ops
"""
