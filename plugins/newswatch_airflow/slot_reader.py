"""Prints as JSON which limit of Airflow's task slots is too low: `python -m newswatch_airflow.slot_reader SHARDS`.

For `commands.py`. An empty text says that none is.
"""

from __future__ import annotations

import sys

from newswatch_airflow.printed import print_answer
from newswatch_airflow.slots import too_few_slots, too_low_in_database

if __name__ == "__main__":
    shards = int(sys.argv[1])
    print_answer(lambda: too_few_slots(shards) or too_low_in_database(shards))
