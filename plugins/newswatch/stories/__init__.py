"""Stories: which items report the same event.

`link` names the story of an item by its link. `titles` finds the known story with that link or with a similar title.
`newswatch.pipeline.match.run` decides whether an item joins it.
"""
