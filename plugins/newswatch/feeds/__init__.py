"""Feeds: from a URL to clean entries.

::

    Feed ──fetch──▶ FetchResult ──reduce──▶ the entries not seen yet ──parse──▶ ParsedFeed

The modules, in the order in which a document passes them:

- `address`, `proxy`, `auth`: where a request may go, over which proxy, with which credentials
- `redirect`, `answer`: what a response means (pure)
- `fetch`: the shell that does the HTTP requests
- `worker`, `parse_process`: parsing in a process that can be killed
- `reduce`, `charset`, `parse`, `json_feed`, `page`: from bytes to entries
- `text`, `links`, `canonical`, `limits`: the pieces of an entry

This file imports nothing: the parser process imports this package and must start fast.
"""
