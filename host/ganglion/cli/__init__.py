"""The command line: what only a person at a terminal needs."""
