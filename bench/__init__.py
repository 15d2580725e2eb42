"""Benchmarks: scripts that print figures and compare them with targets. `python -m bench NAME` runs one."""
