"""`python -m dse` is `dse`."""

from dse.cli.app import main

main()
