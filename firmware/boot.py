"""Boot: the first thing that runs. Gives a person the chance to keep the brain from starting.

In:  a held button, or Ctrl-C within the window of board.json; nothing after a soft reset. New
     firmware, if update.py left any, or what a trial of one left.
Out: guard.asked, which main.py heeds; imports that do not search the flash in vain; new firmware in
     its place for one trial, or the old one back in it (SPEC 7.6).
Never: loads a brain, or takes longer than the window; is changed by an update: it brings back what
     an update breaks.
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

# Each step is a rename, which is whole, and is done again if it was cut: so whatever lies in these
# folders says what is left to do.
os = sys.modules["os"]


def there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def without(path):
    try:
        os.remove(path)
    except OSError:
        pass


def place(name):
    """Where a file of the firmware lies, and the folders for it."""
    path = name.replace("|", "/")
    at = path.find("/")
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:  # it is there
            pass
        at = path.find("/", at + 1)
    return path


def empty(folder):
    for name in os.listdir(folder):
        os.remove(folder + "/" + name)
    os.rmdir(folder)


def go_back(folder):
    """What was replaced takes its places again."""
    for name in os.listdir(folder):
        kept = folder + "/" + name
        if name[0] == "+":  # there was none
            without(name[1:].replace("|", "/"))
            os.remove(kept)
        else:
            os.rename(kept, place(name))
    os.rmdir(folder)


def come_in():
    """New firmware takes its places; what lay there is kept in update.old."""
    if not there("update.old"):
        os.mkdir("update.old")
    open("update.old/+", "w").close()  # after a write, what a cut rename has left is seen
    for name in os.listdir("update.ok") if there("update.ok") else ():
        new = "update.ok/" + name
        if name[0] == "+":
            os.rename(new, "update.old/" + name)
            continue
        plain = name[1:] if name[0] == "-" else name
        path, old, none = place(plain), "update.old/" + plain, "update.old/+" + plain
        if not there(old) and not there(none):
            if there(path):
                os.rename(path, old)
            else:
                open(none, "w").close()
        if name[0] == "-":
            without(path)
            os.remove(new)
        else:
            os.rename(new, path)
    if there("update.ok"):
        os.rmdir("update.ok")


def settle():
    """Whether this start tries new firmware."""
    tries = False
    # The second look: of a rename that was cut, littlefs hides the old name until something is
    # written, and then may show it once more.
    for _ in range(2):
        try:
            if there("update.good"):  # what was replaced may go
                if there("update.try"):
                    empty("update.try")
                os.remove("update.good")
            if there("update.back"):
                if there("update.ok"):
                    empty("update.ok")
                go_back("update.back")
            if there("update.try") and not tries:
                go_back("update.try")
            if tries and there("update.ok"):
                empty("update.ok")
            elif not tries and (there("update.ok") or there("update.old")):
                come_in()
                os.rename("update.old", "update.try")
                tries = True
        except OSError:  # it cannot be done: back, now or at the next start
            tries = False
            if there("update.old"):
                os.rename("update.old", "update.back")
    return tries


tries = settle()
machine = sys.modules.get("machine")
if tries and hasattr(machine, "WDT"):  # from here on what runs is new, and may hang
    machine.WDT(timeout=60000)

try:
    from ganglion import guard

    guard.trial = tries
    guard.window()
except Exception:
    if not tries:
        raise
    if hasattr(machine, "reset"):
        machine.reset()
    raise SystemExit  # the next start goes back
for name in ("there", "without", "place", "empty", "go_back", "come_in", "settle", "name"):
    del globals()[name]  # main.py runs in this namespace
