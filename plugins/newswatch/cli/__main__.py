"""`python -m newswatch.cli`."""

from newswatch.cli.app import main

main()
