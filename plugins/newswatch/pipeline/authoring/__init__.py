"""For people who write rules.

In the order of use::

    editing          read, check and save the watchlist from a page
    rule_form        a rule as the fields of a form, and back into its file
    saved_versions   the editor's history
    rule_history     the history of one rule, and restoring it alone
    rule_removal     deleting one rule, and the rules that were deleted
    completions      what an editor may complete
    try_text         try a text or a web page on rules
    try_many         many texts, why they do not match, and what would do
    preview          the entries at a URL
    feed_preview     a feed before it is added
    preview_matches  what its items would match
    single_rule      a query or an event that is not a rule yet
    item_index       which stored items may match a rule
    index_upkeep     builds the index, keeps it up to date, drops it
    item_search      the stored items that a backtest has to look at
    compiled_drafts  the rules that were asked about last, ready to match
    unfinished       counts that further answers go on with
    live_results     what a draft would have caught, while it is typed
    draft_trial      the draft and the rule that it replaces, both compiled
    candidate_search the stored items that it can match
    live_worker      the thread that compiles and matches them
    live_report      the result of that, and its JSON
    draft_changes    the rules that a draft changes, each with its results
    backtest         try rules on stored items
    hit_count        counts the hits of a backtest
    backtest_report  a backtest as text and as JSON
    rule_of          one rule of the files
    missed           record what a rule missed
    nearness         how near rules come to a text
    common_forms     words of which another form is far more common
    reader_labels    what readers said about a rule's hits
    hit_terms        the words by which a rule hits, counted
    rule_stats       a rule's hits by term
    coach/           proposes edits of a rule
    highlight        matched words within a text
    caret            the place of a mistake in a query
    muting           mute a rule, unmute it
"""
