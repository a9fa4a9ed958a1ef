"""Main: runs after boot.py. Starts the application, unless this start is to be a safe one.

In:  what guard.py found: a person's wish, and how many starts in a row came to nothing.
Out: motors at rest; HELLO and a link that serves until its REPL command; then, or in safe mode,
     the REPL.
     Or a soft reset (SystemExit), which is how a new brain or new firmware is tried.
Never: starts the application a second time by itself.
"""

import gc
import os

from ganglion import guard, heap

guard.begin()
loaded = None
# While much is made and dropped, garbage is collected often: so what stays lies close together,
# and what is free is in one piece.
gc.threshold(4096)
from ganglion import server as application  # noqa: E402  (a start without it has been counted)

server = application.make()
if not guard.safe:
    guard.watch()
try:
    os.stat("motors.json")
except OSError:  # no robot has driven here
    pass
else:
    from ganglion import rest

    rest.now()
    del rest
if not guard.safe:
    heap.claim()
    from ganglion.load import trial

    loaded = trial.current(server.slots)
    del trial
    heap.forget("load")
gc.threshold(-1)
application.start(server=server, loaded=loaded)
