"""The articles stage: the web pages of items, for feeds with `article: true`.

`run` is the Airflow task; `tries` decides how a web page is fetched and when it is tried again.
"""
