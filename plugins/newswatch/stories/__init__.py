"""Stories: which items report the same event.

`link` names the story of an item by its link. `titles` decides: it finds a known story by that link or by a similar
title.
"""
