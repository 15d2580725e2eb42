"""What every stage needs.

In the order in which a run meets them::

    services         settings, Redis, Slack, the clock
    configuration    the parts of the configuration in force that a stage needs, and checking the files
    adoption         applying the files
    config_copy      which machine's copy of the files may be applied
    rules_checker    checks queries for `newswatch.config`
    disk_cache       results kept on disk for the next process
    compiled_rules   the compiled watchlist, kept in memory and on disk
    routing          when an alert is sent: at once, after quiet hours, or in a digest
    item_text        what rules read of an item
    shift            how long a resident works, what ends its shift, its pulse
    shift_work       works a shift: while Redis comes and goes, and under the stage's lease
    beats, silence   whether residents beat on time, late, or not at all
    stage_lease      how long a stage's lease lasts
    sender           what the pipeline needs of the place that messages are sent to
    hosts            pauses that hosts asked for
    past_alerts      what alerted for an item before, and what is said of its passages
    late_edits       edits that come too late to alert
    wanted_articles  which items' web pages are to be read
    notices          notifying ops
    feed_causes      the causes of notices about a feed
"""
