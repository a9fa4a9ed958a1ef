"""firmware/lib/slots.py under the real MicroPython: on files, and on a flash whose power is cut."""

import hashlib
import json

OLD = bytes(range(256)) * 5
NEW = bytes(reversed(range(256))) * 6

PUT = """
import hashlib, os, slots
def put(data, confirm=True):
    s = slots.Slots()
    assert s.begin(len(data), hashlib.sha256(data).digest())
    for at in range(0, len(data), 124):
        assert s.write(at, data[at : at + 124])
    assert s.finish()
    s.switch()
    if confirm:
        s.confirm()
    return s
def read(path):
    with open(path, "rb") as file:
        return file.read()
OLD, NEW = bytes(range(256)) * 5, bytes(reversed(range(256))) * 6
"""

# A flash of 512-byte blocks for littlefs, of which writes and erases can be counted and cut. After
# the cut nothing works any more; the block that was being written or erased is left half done.
FLASH = """
import vfs
class Cut(Exception):
    pass
class Flash:
    SIZE, COUNT = 512, 48
    def __init__(self):
        self.data = bytearray(b"\\xff" * (self.SIZE * self.COUNT))
        self.left = -1
        self.torn = 0
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

CUTS = """
import json
results = []
for torn in range(3):
    writes = 0
    while True:
        writes += 1
        flash.data[:] = before
        flash.left, flash.torn = writes, torn
        mount(flash)
        done = True
        try:
            put(NEW, confirm=CONFIRM)
        except OSError:
            done = False
        done = done and flash.left > 0
        try:
            unmount()
        except OSError:
            pass
        # power is back: boot
        flash.left = -1
        mount(flash)
        s = slots.Slots()
        if s.on_trial():
            s.roll_back()
        now = read(s.current())
        found = "old" if now == OLD else "new" if now == NEW else "neither"
        # and what was begun can be done again
        put(NEW)
        again = read(slots.Slots().current()) == NEW
        unmount()
        results.append((found, again))
        if done:
            break
print(json.dumps(results))
"""


def test_a_brain_is_current_after_it_is_switched_and_the_one_before_stays(micropython, tmp_path):
    told = micropython(
        PUT
        + """
s = slots.Slots()
print(s.current(), s.other(), s.on_trial())
s = put(OLD, False)
print(s.current(), s.other(), slots.Slots().on_trial())
s.confirm()
print(slots.Slots().current(), slots.Slots().on_trial())
s = put(NEW)
print(s.current(), s.other(), read(s.current()) == NEW, read(s.other()) == OLD)
s = put(OLD)
print(s.current(), s.other(), read(s.current()) == OLD, read(s.other()) == NEW)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "None None False",
        "brain.a None True",
        "brain.a False",
        "brain.b brain.a True True",
        "brain.a brain.b True True",
    ]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["brain.a", "brain.b", "brain.ptr"]


def test_going_back_leads_to_the_brain_before_or_to_none(micropython, tmp_path):
    told = micropython(
        PUT
        + """
s = put(OLD, False)
s.roll_back()
print(s.current(), slots.Slots().current())
put(OLD)
s = put(NEW, False)
s.roll_back()
print(slots.Slots().current(), slots.Slots().on_trial(), read(slots.Slots().current()) == OLD)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == ["None None", "brain.a False True"]


def test_what_is_not_what_was_announced_is_forgotten(micropython, tmp_path):
    told = micropython(
        PUT
        + """
s = slots.Slots()
s.begin(10, bytes(32))
print(s.write(1, b"x"), s.write(0, b"12345678901"), s.write(0, b"1234567890"), s.finish())
print(os.listdir(), s.size, s.write(0, b"x"))
s.begin(10, hashlib.sha256(b"1234567890").digest())
print(s.write(0, b"12345"), s.write(0, b"12345"), s.write(3, b"4567890"), s.staged, s.finish())
s.forget()
print(os.listdir(), s.current())
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "False False True False",
        "[] 0 False",
        "True True True 10 True",
        "[] None",
    ]


def test_an_aborted_upload_leaves_the_live_brain_alone(micropython, tmp_path):
    told = micropython(
        PUT
        + """
import gc
put(OLD)
s = slots.Slots()
s.begin(len(NEW), hashlib.sha256(NEW).digest())
s.write(0, NEW[:500])
s = None
gc.collect()
print(slots.Slots().current(), read(slots.Slots().current()) == OLD)
put(NEW)
print(read(slots.Slots().current()) == NEW)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == ["brain.a True", "True"]


def test_a_pointer_that_cannot_be_read_is_no_pointer(micropython, tmp_path):
    for letters in (b"", b"a", b"xc", b"acc", b"\xff\xff"):
        (tmp_path / "brain.ptr").write_bytes(letters)
        program = PUT + "s = slots.Slots(); print(s.current(), s.on_trial(), s.other())"
        assert micropython(program, tmp_path) == b"None False None\n", letters


def test_a_brain_that_is_too_large_takes_the_spare_slot_or_is_refused(micropython, tmp_path):
    told = micropython(
        PUT
        + FLASH
        + """
mount(flash)
put(NEW)
print(sorted(os.listdir()))
s = slots.Slots()
print(s.begin(1 << 20, bytes(32)), 0 < s.free < 1 << 20, s.size)
print(sorted(os.listdir()), read(s.current()) == NEW)
""",
        tmp_path,
    )
    assert told.decode().splitlines() == [
        "['brain.a', 'brain.b', 'brain.ptr']",
        "False True 0",
        "['brain.b', 'brain.ptr'] True",
    ]


def cut_everywhere(micropython, tmp_path, confirm: bool) -> list[list]:
    program = PUT + FLASH + f"CONFIRM = {confirm}" + CUTS
    results = json.loads(micropython(program, tmp_path))
    assert len(results) > 3 * 20  # three torn-write models, each write and erase of a put
    return results


def test_power_cut_at_every_write_leaves_the_old_brain_or_the_new(micropython, tmp_path):
    results = cut_everywhere(micropython, tmp_path, confirm=True)
    assert {found for found, _ in results} == {"old", "new"}
    assert results[-1][0] == "new"
    assert all(again for _, again in results)


def test_power_cut_before_the_trial_is_confirmed_leaves_the_old_brain(micropython, tmp_path):
    results = cut_everywhere(micropython, tmp_path, confirm=False)
    assert {found for found, _ in results} == {"old"}
    assert all(again for _, again in results)


def test_the_brains_of_this_file_differ():
    assert hashlib.sha256(OLD).digest() != hashlib.sha256(NEW).digest()
