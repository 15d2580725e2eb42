"""The match stage.

In the order of the data path::

    run        the Airflow task: items from the stream, the rules they satisfy, the hand-over
    routing    at once, after quiet hours, or in a digest
    placement  into which message, thread, digest or surge each alert goes
    log        what the log says about matching
"""
