"""A run as it happens, live or replayed: in the terminal, in a page, to other programs."""
