"""Feeds: from a URL to clean entries.

::

    Feed ──fetch──▶ FetchResult ──reduce──▶ the entries not seen yet ──parse──▶ ParsedFeed

The modules, in the order in which a document passes them:

- `address`, `dns`, `host`, `proxy`, `auth`: where a request may go, over which proxy, with which credentials
- `sessions`, `metered`, `tls`: connections, which count what arrives
- `redirect`, `answer`, `freshness`, `faults`: what a response or a failure means (pure)
- `fetch`: the shell that does the HTTP requests
- `worker`, `wire`, `parse_process`, `offline`: parsing in a process that can be killed
- `long_document`: more time and memory for a long document, once
- `unpack`, `charset`, `reduce`, `entry_cuts`, `mend`: from bytes to plain XML with only the entries not seen yet
- `parse`, `dialects`, `salvage`, `xml_entry`, `json_feed`: from XML or JSON to entries; `web_page`: where a feed was
  expected
- `entry`, `text`, `dates`, `links`, `canonical`, `limits`: the pieces of an entry
- `article` and `article_…`: from a web page to its main text
- `opml`: lists of feeds of other readers

This file imports nothing: the parser process imports this package and must start fast.
"""
