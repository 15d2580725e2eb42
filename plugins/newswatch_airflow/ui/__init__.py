"""The newswatch pages in Airflow's UI: a FastAPI app that the api-server mounts at /newswatch.

::

    app       routers, error pages, headers       access     who may read, who may write, which writes are genuine
    rooms     one module for each page               page       templates and their filters
    shared      Redis and configuration, a process   runs       what Airflow itself knows of our DAGs
"""
