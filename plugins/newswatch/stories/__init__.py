"""Stories: which items report the same event.

`link` names the story of an item by its link. `titles` finds the known story with that link or with a similar title, by
`wording` (the words that are compared) and `likeness` (how much two items have in common). `headline` chooses the headline
that a story's message shows.

What an edit changes: `rewording` compares two states of a headline or sentence, without what `title_frame` finds around
it, and with the words that `lookalikes` distinguishes from typing errors. `passage` looks for a quoted passage in a text.
"""
