"""A news site on one's own machine: three feeds that keep publishing, for `make run`, tests, benchmarks.

Run `python -m devtools.news_site --port 8082 --data FILE`. Everything on it is invented and
written for it, countries included.

An edition is published at each start and every few minutes. Its lead story is told three times:

- `/wire/rss.xml` (RSS 2.0): ministries want something legalised; only the standfirst says that
  the "central bank opposes" it. The rule of that name must find it there.
- `/markets/atom.xml` (Atom) and `/daily/feed.json` (JSON Feed): the same canonical link with
  tracking parameters, the phrase in another inflection, some seconds later. They belong into
  the thread of the first.

Around it stand the same story as a bare headline under other links, and stories that have
nothing to do with it, some of them close misses. None of these may alert.
"""
