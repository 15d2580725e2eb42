"""The articles stage: the web pages of items, for feeds with `article: true` or `recheck: true`.

`run` is the Airflow task, and `on_demand` decides when it begins and ends. `tries` decides how a web page is fetched and
when it is tried again. `rechecks` reads the links of alerts again, and `second_look` decides what that means.
"""
