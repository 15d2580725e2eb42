"""Feeds: from a URL to clean entries.

::

    Feed ──fetch──▶ FetchResult ──reduce──▶ what was not seen ──parse──▶ ParsedFeed

The rooms, in the order in which a document passes them:

- `address`, `proxy`, `auth`: where a request may go, by which way, with which credentials
- `redirect`, `answer`: what a response means (pure)
- `fetch`: the shell that talks HTTP
- `worker`, `parse_process`: parsing in a process that can be killed
- `reduce`, `charset`, `parse`, `json_feed`, `page`: from bytes to entries
- `text`, `links`, `canonical`, `limits`: the pieces of an entry

Nothing is imported here: the parser process starts through this package and must start fast.
"""
