"""Boot: the first thing that runs. Gives a person the chance to keep the brain from starting.

In:  a held button, or Ctrl-C within the window of board.json; nothing after a soft reset.
Out: guard.asked, which main.py heeds; imports that do not search the flash in vain.
Never: loads a brain, starts the watchdog, or takes longer than the window.
"""

import sys

# MicroPython looks for a file before it takes a module of its own, six times for each import: on a
# board that is most of the time a boot takes. So its own are taken first, and ours are in /lib.
paths = sys.path[:]
sys.path.clear()
for name in (
    "array", "binascii", "gc", "hashlib", "json", "machine", "os", "select", "struct", "time",
    "uctypes",
):  # fmt: skip
    try:
        sys.modules[name] = __import__(name)
    except ImportError:
        pass
sys.path.extend(path for path in paths if path == "/lib")
sys.path.extend(path for path in paths if path != "/lib")
del paths, name

import guard  # noqa: E402

guard.window()
