"""Slots: two files for brains, and which of them is the current one.

In:  the pieces of a brain, its size and its SHA-256.
Out: the path of the brain to load; going back to the one before when a new one is refused.
Never: writes to a file that a reader could open: all is staged, closed, read back, renamed.
"""

import hashlib
import os
import struct

from micropython import const

from . import guard

_STAGED = const("brain.new")
# Two letters: the slot, a or b; then n or f (new: to be tried at the next start, f = even if it is
# older), t (being tried) or c (confirmed).
_POINTER = const("brain.ptr")
_MOTORS = const("motors.json")  # as in rest.py
_COUNTER = const(44)  # where a blob has it


class Slots:
    def __init__(self):
        self.size = 0  # of the brain being staged
        self.staged = 0  # bytes of it so far
        self.free = 0  # bytes of the file system when it was begun
        self._sha = b""
        self._file = None
        self._slot, self._state = self._read()

    def current(self):
        """The path of the brain to run, or None."""
        return _path(self._slot) if self._slot else None

    def other(self):
        """The path of the brain in the other slot, or None."""
        path = _path(_across(self._slot))
        return path if self._slot and _exists(path) else None

    def is_new(self):
        """True at a start that is to try the current brain."""
        return self._state in ("n", "f")

    def was_cut(self):
        """True at a start after a trial that came to no end."""
        return self._state == "t"

    def other_counter(self):
        """The counter of the brain in the other slot, 0 without one."""
        path = self.other()
        if not path:
            return 0
        with open(path, "rb") as file:
            file.seek(_COUNTER)
            return struct.unpack("<I", file.read(4))[0]

    def begin(self, size, sha):
        """Starts anew; false if there is no room, where `free` says how much there is."""
        self.forget()
        # The spare slot's file is not needed once another brain is on its way.
        self.free = _free()  # which reads all of a file system's directories
        if self.free < size:
            from . import update

            update.clear()
            self.free = _free()
        if self.free < size and self.other():
            os.remove(self.other())
            self.free = _free()
        if self.free < size:
            return False
        self._file = open(_STAGED, "wb")  # noqa: SIM115  (closed by finish or forget)
        self.size = size
        self.staged = 0
        self._sha = bytes(sha)
        return True

    def write(self, offset, data):
        """Appends what is new in `data`; false if a piece before is missing, or it is too much."""
        if self._file is None or offset > self.staged or offset + len(data) > self.size:
            return False
        fresh = offset + len(data) - self.staged
        if fresh > 0:
            self._file.write(data[len(data) - fresh :])
            self.staged += fresh
        return True

    def finish(self):
        """Closes and reads back; true if what is stored is what was announced."""
        _close(self._file)
        self._file = None
        hashed = hashlib.sha256()
        piece = bytearray(512)
        view = memoryview(piece)
        left = self.size
        with open(_STAGED, "rb") as file:
            while left > 0:
                n = file.readinto(piece)
                if not n:
                    break
                hashed.update(view[:n])
                left -= n
                guard.feed()
        if left == 0 and hashed.digest() == self._sha:
            return True
        self.forget()
        return False

    def switch(self, forced=False):
        """The staged brain takes the spare slot, which becomes the current one, to be tried."""
        slot = _across(self._slot)
        _remove(_MOTORS)  # which are at rest; the next robot may have others, at the same pins
        os.rename(_STAGED, _path(slot))
        self._point(slot, "f" if forced else "n")
        self.size = self.staged = 0

    def begin_trial(self):
        """From here on a start that comes to no end counts as a refusal; true if forced."""
        forced = self._state == "f"
        self._point(self._slot, "t")
        return forced

    def confirm(self):
        self._point(self._slot, "c")

    def roll_back(self):
        """Back to the slot before the trial; to none if there was none."""
        if self.other():
            self._point(_across(self._slot), "c")
        else:
            _remove(_POINTER)
            self._slot = self._state = ""

    def keep(self, path):
        """The staged bytes are no brain, but this file."""
        os.rename(_STAGED, path)
        self.size = self.staged = 0

    def forget(self):
        """Drops what was staged."""
        if self._file:
            self._file.close()
        self._file = None
        self.size = self.staged = 0
        _remove(_STAGED)

    def _read(self):
        try:
            with open(_POINTER, "rb") as file:
                letters = file.read()
        except OSError:
            return "", ""
        if len(letters) == 2:
            slot, state = chr(letters[0]), chr(letters[1])
            if slot in "ab" and state in "nftc":
                return slot, state
        return "", ""

    def _point(self, slot, state):
        with open(_POINTER + ".new", "w") as file:
            file.write(slot + state)
            file.flush()
        os.rename(_POINTER + ".new", _POINTER)
        self._slot, self._state = slot, state


def _path(slot):
    return "brain." + slot


def _across(slot):
    return "b" if slot == "a" else "a"


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def _close(file):
    if file:
        file.flush()
        file.close()


def _free():
    usage = os.statvfs(os.getcwd())
    return usage[0] * usage[4]
