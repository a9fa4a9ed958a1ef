"""Boot: the first thing that runs. Gives a person the chance to keep the brain from starting.

In:  a held button, or Ctrl-C within the window of board.json; nothing after a soft reset. New
     firmware, if update.py left any.
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

# New firmware takes its places. A rename is whole, and what a cut leaves is done at the next start.
# The second look: of a rename that was cut, littlefs hides the old name until something is written,
# and then may show it once more.
os = sys.modules["os"]
for _ in range(2):
    try:
        for name in os.listdir("update.ok"):
            path = name.replace("|", "/")
            at = path.find("/")
            while at > 0:  # the folders that it lies in
                try:
                    os.mkdir(path[:at])
                except OSError:  # it is there
                    pass
                at = path.find("/", at + 1)
            os.rename("update.ok/" + name, path)
        os.rmdir("update.ok")
    except OSError:  # there is none
        pass

from ganglion import guard  # noqa: E402

guard.window()
