"""What operators and readers look at: status, findings, feeds, alerts, queues, metrics; housekeeping.

Each module reads a page's worth from Redis and shapes it, without Airflow and without HTML.
"""
