"""How much of one document is kept. A feed with more is broken or hostile."""

from __future__ import annotations

MAX_ENTRIES = 20_000
MAX_TITLE_CHARS = 2_000
MAX_SUMMARY_CHARS = 20_000
MAX_BODY_CHARS = 200_000
MAX_AUTHOR_CHARS = 500
MAX_GUID_CHARS = 4_000
MAX_LINK_CHARS = 8_000
MAX_TAG_CHARS = 200
MAX_TAGS = 50

MARKUP_FACTOR = 10
"""Raw markup is cut at this many times the limit of its text, before it is processed."""
