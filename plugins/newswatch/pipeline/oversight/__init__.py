"""For people who run newswatch, and for readers who want to know why.

::

    status, findings      the first page: is everything all right, and what is not
    standstill, backlog   which stage does not work although work waits
    feeds, feed_report    feeds, their polls, and what to do
    rules                 how often each rule alerts
    alerts, alert_search  alerts, their states, and searching them
    queues                what waits for which channel
    latency, metrics      how fast news arrives; figures for Prometheus
    why, why_item, why_rules   why an item did or did not alert
    doctor                checks of the installation
    heartbeat             shows that newswatch works while nothing alerts
    mended_runs           red runs whose causes are over
    late_runs             whether check_config and housekeeping still run
    housekeeping          removes what is past its retention
    pack_upgrade          which rules gain or lose hits by an upgrade of the packs

Each module reads one page's data from Redis and shapes it, without Airflow and without HTML.
"""
