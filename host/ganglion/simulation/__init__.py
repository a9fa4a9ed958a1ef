"""A brain on this machine at any precision, under a named stimulus."""
