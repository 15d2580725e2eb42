"""feedparser, with what it leaves out or fails on. The one module that imports it.

- A guid is a permalink where `isPermaLink` says so in any case of letters, also beside an empty `<link/>`.
- `yandex:full-text` is the text of an entry.
- Each author's own text is kept, because feedparser takes names and addresses apart wrongly.
- Positions on the map are not read: feedparser raises where their elements are incomplete.
- Where a document is not well-formed, references in ids, links, names and categories mean the same as elsewhere.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

from newswatch.feeds.offline import without_fetching

with without_fetching():
    import feedparser
    from feedparser.namespaces._base import Namespace

# We read dates ourselves.
feedparser.datetimes._date_handlers.clear()  # noqa: SLF001 - it offers no other way
# feedparser would search for these parsers again with every document, and never find them.
feedparser.api.PREFERRED_XML_PARSERS.clear()


class _Dialects(Namespace):  # type: ignore[misc]
    """Goes before feedparser's own classes: it finds the handler of an element by its method's name."""

    def _start_guid(self, attrs_d: Any) -> None:
        super()._start_guid(attrs_d)
        self.guidislink = attrs_d.get("ispermalink", "true").strip().lower() == "true"

    _start_id = _start_guid

    def _end_guid(self) -> None:
        about = self._get_context()
        if not dict.get(about, "link"):
            about.pop("link", None)
        super()._end_guid()

    _end_id = _end_guid

    def _end_author(self) -> None:
        about = self._get_context()
        super()._end_author()
        if about.get("authors"):
            about["authors"][-1]["text"] = dict.get(about, "author")

    _end_managingeditor = _end_author

    def _end_gml_pos(self) -> None:
        self.pop("pos")

    _end_gml_poslist = _end_gml_pos

    def _save_where(self, geometry: Any) -> None:
        """Leaves the position out."""

    def start_full_text(self, attrs_d: Any) -> None:
        """`yandex:full-text` begins."""
        self._start_content_encoded(attrs_d)

    def end_full_text(self) -> None:
        """`yandex:full-text` ends."""
        self._end_content_encoded()


class _Loose(_Dialects):
    """For documents that are not well-formed."""

    def decode_entities(self, element: str, data: str) -> str:
        """The text of an element: feedparser leaves references as they are where it expects no markup."""
        data = super().decode_entities(element, data)
        if "type" not in self.contentparams:
            for name, char in _REFERENCES:
                data = data.replace(name, char)
        return data


_REFERENCES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def _with_dialects(parser: Any, dialects: type) -> Any:
    more = {
        "namespaces": {**parser.namespaces, "http://news.yandex.ru": "yandex"},
        # feedparser fills this once for each class that has one of its own.
        "_matchnamespaces": {},
        "_start_yandex_full-text": _Dialects.start_full_text,
        "_end_yandex_full-text": _Dialects.end_full_text,
    }
    return type(parser.__name__, (dialects, parser), more)


feedparser.api.StrictFeedParser = _with_dialects(feedparser.api.StrictFeedParser, _Dialects)
feedparser.api.LooseFeedParser = _with_dialects(feedparser.api.LooseFeedParser, _Loose)


def read(document: bytes) -> Any:
    """The result of feedparser for UTF-8 bytes. We clean texts and make links absolute ourselves.

    The input is always a stream: given bytes, feedparser would open a local file of that name. It gets
    no base URL, so that ids that look like relative links stay as they are. Raises whatever feedparser does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return feedparser.parse(
            io.BytesIO(document),
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
