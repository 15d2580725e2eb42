"""The lists of news on a web page that has no feed: bytes → candidate lists of items.

::

    tree ──outline──▶ flat nodes ──patterns──▶ groups of rows ──rows──▶ items ──scoring──▶ ranked lists

Nothing here is learned from particular sites. A list is a pattern of elements that repeats, and the rows
of *the* list have different titles and different links, often dates, and most of the page's text.
"""
