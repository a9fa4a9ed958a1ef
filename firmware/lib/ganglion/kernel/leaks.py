"""Leaks: what U6 of SPEC.md 2 leaves of each potential below a threshold, as a table.

In:  where the table lies; L, half and s of a leak, as in the rows of populations.
Out: the table.
Never: what firmware/kernel/README.md forbids; is there when a run is: load/leaks.py forgets it.
"""

import micropython


@micropython.viper
def table(t: ptr16, at: int, count: int, leak: int, half: int, shift: int):
    """From `at` on, of the potentials 0 to count - 1."""
    y = 0
    least = 0
    while y < count:
        lost = y * leak + half >> shift
        if lost < least:
            lost = least
        t[at] = y - lost
        at += 1
        y += 1
        if leak:
            least = 1  # of what is above 0
