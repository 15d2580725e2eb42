"""What people look at: alerts and their lives, feeds, rules, queues, and whether all is well.

Each module reads a page's worth from Redis and shapes it, without Airflow and without HTML. The
shaping is pure; nothing here writes.
"""
