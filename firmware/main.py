"""Main: runs after boot.py. Starts the application, unless this start is to be a safe one.

In:  what guard.py found: a person's wish, and how many starts in a row came to nothing.
Out: HELLO and a link that serves until its REPL command; then, or in safe mode, the REPL.
Never: raises SystemExit, which on a board is a soft reset.
"""

import guard

guard.begin()

import heap  # noqa: E402

if not heap.grows:
    heap.hold(heap.APPLICATION)
try:
    import serve  # a start that cannot even import this has been counted
except MemoryError:
    heap.release()
    import serve
serve.start()
