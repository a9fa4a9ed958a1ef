"""A brain on this machine, at any precision or on other runtimes, under a named stimulus."""
