"""The articles stage: the web pages of items, for feeds with `article: true` or `recheck: true`.

`run` is the Airflow task, and `start` asks Airflow for it; `tries` decides how a web page is fetched and when it is tried again. `rechecks` reads the links
of alerts again, and `second_look` decides what that means.
"""
