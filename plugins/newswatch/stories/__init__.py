"""Stories: which items report the same event.

`link` names the story of an item by its link. `titles` finds the known story with that link or with a similar title, by
`wording` (the words that are compared) and `likeness` (how much two items have in common). `headline` chooses the headline
that a story's message shows.
"""
