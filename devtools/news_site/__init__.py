"""A news site on your own machine: three feeds that keep publishing, for `make run`, tests, benchmarks.

Run `python -m devtools.news_site --port 8082 --data FILE`. Everything on it is invented and written for
it, countries included.

An edition is published at each start and every few minutes. Three feeds report its lead:

- `/wire/rss.xml` (RSS 2.0): a ministry, court or regulator has a plan; only the standfirst says that the
  "central bank opposes" it. The rule of that name must find it there.
- `/markets/atom.xml` (Atom) and `/daily/feed.json` (JSON Feed): the same canonical link with tracking
  parameters, the phrase in another inflection, some seconds later. They belong in the thread of the
  first one.

The edition also has entries with only a headline about the lead, under other links, and entries about
other subjects, some of which nearly match. None of these may alert.
"""
