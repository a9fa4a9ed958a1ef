"""The monitor as a page: a small server, and the files that a browser gets from it."""
