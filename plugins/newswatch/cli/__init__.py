"""The command line: a thin face over `newswatch.pipeline`."""
