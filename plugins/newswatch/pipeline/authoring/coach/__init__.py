"""The coach: the smallest edits of a rule that do what its readers ask for.

In the order of use::

    words        words and short phrases of texts
    labels       the rule's labelled texts: wanted, not relevant, missed
    candidate    an edit, in memory and as changes of the file
    terms        which entries of a rule and its lists a hit's words come from
    listed_names which lists of names are in a text
    narrowing    candidates that lose hits: drop, exact form, exclude, limit
    widening     candidates that catch what was missed
    weighing     what each candidate gains and loses
    writing      a candidate as a diff that `check` accepts
    run          all of it, over the stored items
    apply        saves a proposal
    report       the proposals for people and machines

Nothing changes without the editor. Only `apply` writes, and only through `authoring.editing`.
"""
