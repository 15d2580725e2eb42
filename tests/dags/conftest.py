"""Gives these tests an Airflow home of their own before they import airflow."""

from __future__ import annotations

from airflow_sandbox import prepare

prepare()
