"""Power: a put that is cut at each write and erase of its flash, with three ways to tear a write.

In:  slots.py and update.py of the firmware under the real MicroPython, on littlefs, on a flash that
     stops.
Out: survived: after the cut there is the old brain or the new one, whole, and a put works again;
     or all of the old firmware, or all of the new, without what was left over.
     Lost: anything else.
Never: skips a place unless it is told to: the put is repeated with the cut one place later until it
       gets through. In a share of this, places are a seed's, and every third or so.
"""

import json
import tempfile
from pathlib import Path

from ganglion.boards.programs import firmware_dir

from . import Row, micropython

OLD = bytes(range(256)) * 20
NEW = bytes(reversed(range(256))) * 24

PUT = """
import hashlib, os
from ganglion import slots
def put(data, confirm=True):
    s = slots.Slots()
    assert s.begin(len(data), hashlib.sha256(data).digest())
    for at in range(0, len(data), 124):
        assert s.write(at, data[at : at + 124])
    assert s.finish()
    s.switch()
    s.begin_trial()
    if confirm:
        s.confirm()
    return s
def read(path):
    with open(path, "rb") as file:
        return file.read()
OLD, NEW = bytes(range(256)) * 20, bytes(reversed(range(256))) * 24
"""

# A flash of 512-byte blocks for littlefs, of which writes and erases can be counted and cut. After
# the cut it is dead for ever, so that no file that was open can be closed later; the block that was
# being written or erased is left half done. A boot is a new flash with the same bytes.
FLASH = """
import vfs
class Flash:
    SIZE, COUNT = 512, 96
    def __init__(self, data=None, left=-1, torn=0):
        self.data = bytearray(data or b"\\xff" * (self.SIZE * self.COUNT))
        self.left = left
        self.torn = torn
    def readblocks(self, block, buf, offset=0):
        if self.left == 0:
            raise OSError(5)
        at = block * self.SIZE + offset
        buf[:] = self.data[at : at + len(buf)]
    def _take(self):
        if self.left == 0:
            raise OSError(5)
        self.left -= 1
        return self.left == 0
    def writeblocks(self, block, buf, offset=None):
        at = block * self.SIZE + (offset or 0)
        if offset is None:
            self.data[at : at + self.SIZE] = b"\\xff" * self.SIZE
        n = len(buf)
        cut = self._take()
        if cut:
            n = (0, n // 2, n)[self.torn]
        self.data[at : at + n] = buf[:n]
        if cut:
            raise OSError(5)
    def ioctl(self, op, arg):
        if op == 4:
            return self.COUNT
        if op == 5:
            return self.SIZE
        if op == 6:
            cut = self._take()
            n = (0, self.SIZE // 2, self.SIZE)[self.torn] if cut else self.SIZE
            at = arg * self.SIZE
            self.data[at : at + n] = b"\\xff" * n
            if cut:
                raise OSError(5)
        return 0
def mount(flash):
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    os.chdir("/flash")
def unmount():
    os.chdir("/")
    vfs.umount("/flash")
flash = Flash()
vfs.VfsLfs2.mkfs(flash)
mount(flash)
put(OLD)
unmount()
before = bytes(flash.data)
"""

# What a session does, and what is found after it: brains put by slots.py, as server.py does it.
BRAIN = """
def boot():
    s = slots.Slots()
    if s.is_new():
        s.begin_trial()
        s.confirm() if CONFIRM else s.roll_back()
    elif s.was_cut():
        s.roll_back()
    return s
def work():
    put(NEW, CONFIRM)
def found():
    now = read(boot().current())
    return "old" if now == OLD else "new" if now == NEW else "neither"
"""

# Firmware put by update.py, tried by the lines of boot.py, and confirmed as server.py does it; or
# not, and then the next start is the old one's. One file is the same in both, one is new, and one
# is left over.
FIRMWARE = """
import sys
from ganglion import update
sys.modules["os"] = os
FRESH = b"lib/ganglion/new/module.mpy"  # in a folder that the old firmware has not
STALE = b"lib/ganglion/load/old.mpy"
SAME = b"board.json"
NAMES = (b"main.py", b"lib/ganglion/load/trial.py", b"lib/ganglion/wire.py", SAME, FRESH, STALE,
    b"firmware.id")
def content(name, which):
    if name == (FRESH if which == b"old" else STALE):
        return None
    return hashlib.sha256(name + (b"" if name == SAME else which)).digest() * 20
def boot():
    names = {"sys": sys}
    exec(BOOT, names)
    return names["tries"]
def start():
    tries = boot()
    if tries and CONFIRM:
        update.confirm()
    elif tries:  # it comes to no end, and this is the next start
        boot()
    return tries
def work():
    update.begin()
    for name in NAMES:
        data = content(name, b"new")
        if data is None:
            continue
        sha = hashlib.sha256(data).digest()
        if update.has(name, len(data), sha):
            continue
        s = slots.Slots()
        assert s.begin(len(data), sha)
        assert s.write(0, data) and s.finish()
        s.keep(update.place(name))
    update.commit(False)
    if not start():
        raise OSError(5)
def there(name):
    try:
        return read(name)
    except OSError:
        return None
def found():
    start()
    for which in (b"old", b"new"):
        if all(there(name.decode()) == content(name, which) for name in NAMES):
            return which.decode()
    return "neither"
kept = Flash(before)
mount(kept)
for name in ("lib", "lib/ganglion", "lib/ganglion/load"):
    os.mkdir(name)
for name in NAMES:
    if name == FRESH:
        continue
    with open(name.decode(), "wb") as file:
        file.write(content(name, b"old"))
unmount()
before = bytes(kept.data)
"""

# Sessions cut after so many writes and erases; then a start, and the same session uncut.
CUTS = """
import json, random
random.seed(SEED)
def session(data, writes, torn):
    flash = Flash(data, writes, torn)
    try:
        mount(flash)
        boot()
        work()
    except OSError:
        pass
    done = flash.left > 0
    flash.left = 0
    try:
        unmount()
    except OSError:
        pass
    return done, flash.data
def judge(data):
    mount(Flash(data))
    first = found()
    work()
    again = found()
    unmount()
    return first, again == ("new" if CONFIRM else "old")
results = []
writes = FIRST - STEP + 1
ends = [False]
while not all(ends):
    writes += STEP
    ends = []
    for torn in range(3):
        done, once = session(before, writes, torn)
        ends.append(done)
        if not SECOND:
            results.append(judge(once))
        for _ in range(SECOND):
            results.append(judge(session(once, random.randrange(1, 150), random.randrange(3))[1]))
print(json.dumps(results))
"""


def run(seed: int, scale: float) -> list[Row]:
    second = max(1, round(scale))
    step = max(1, round(1 / scale))
    return [
        row_of(f"power: {what}", cut_everywhere(*how, step=step, first=seed % step), seed)
        for what, how in {
            "cut at each write and erase of a put": (BRAIN,),
            "the same, of a brain that is refused": (BRAIN, False),
            "cut again while it recovers": (BRAIN, True, second, seed),
            "cut at each write and erase of new firmware and its trial": (FIRMWARE,),
            "the same, of firmware that does not confirm itself": (FIRMWARE, False),
            "cut again while that is put in place, or back": (FIRMWARE, True, second, seed),
        }.items()
    ]


def cut_everywhere(
    what: str, confirm: bool = True, second: int = 0, seed: int = 0,
    brains: tuple[bytes, bytes] = (OLD, NEW), step: int = 1, first: int = 0,
) -> list[tuple[str, bool]]:  # fmt: skip
    """What each cut left, and whether all went well after it. `second`: cuts more in recovery.
    `step`: of so many places one is cut, from the one at `first` on."""
    values = f"CONFIRM, SECOND, SEED, BOOT = {confirm}, {second}, {seed}, {_boot_lines()!r}\n"
    values += f"STEP, FIRST = {step}, {first}\n"
    values += "" if brains == (OLD, NEW) else f"OLD, NEW = {brains[0]!r}, {brains[1]!r}\n"
    # A file that was open when the power went is collected later, which MicroPython grumbles about.
    with tempfile.TemporaryDirectory() as place:
        told = micropython(PUT + values + FLASH + what + CUTS, Path(place))
    return [(found, again) for found, again in json.loads(told.splitlines()[-1])]


def _boot_lines() -> str:
    """Those of boot.py that put new firmware in its place, or old firmware back."""
    text = (firmware_dir() / "boot.py").read_text()
    return text[text.index('os = sys.modules["os"]') : text.index("machine = sys.modules.get")]


def row_of(fault: str, results: list[tuple[str, bool]], seed: int) -> Row:
    row = Row("power", fault, seed)
    for number, (found, again) in enumerate(results):
        right = found in ("old", "new") and again
        row.check(right, found, f"cut {number} left {found}; after it all went well: {again}")
    return row
