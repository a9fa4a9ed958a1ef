"""Past: what a robot sensed and was told in its last bursts (SPEC.md 10.6).

In:  a Robot, after each burst.
Out: what is kept of a burst, as REPORT asks for it.
Never: allocates in a burst.
"""

import struct

from micropython import const

from .kernel.common import clear
from .kernel.robot import copy

_ENTRY = const(12)  # bytes of a burst, before its values


class Past:
    """A ring of `depth` bursts."""

    def __init__(self, robot):
        self._robot = robot
        self._depth = robot.depth
        self._size = _ENTRY + 5 * robot.slots + 4 * robot.outputs
        self._ring = bytearray(self._size * self._depth + 3 & ~3)

    def clear(self):
        clear(self._ring, len(self._ring) >> 2)

    def keep(self, burst, digest, fired, digested):
        """Notes a burst, so that it can be asked for again."""
        if not self._depth:
            return
        robot = self._robot
        at = burst % self._depth * self._size
        ring = self._ring
        struct.pack_into("<I", ring, at, burst)
        copy(ring, at + 4, digest, 4)
        struct.pack_into("<HBB", ring, at + 8, fired, digested, robot.still)
        at += _ENTRY
        for slot in range(robot.slots):
            struct.pack_into("<i", ring, at, robot.state[slot + slot])
            ring[at + 4] = robot.states[slot]
            at += 5
        copy(ring, at, robot.driven, 4 * robot.outputs)

    def find(self, burst):
        """Where a burst is in the ring, or -1."""
        if not self._depth or not burst:
            return -1
        at = burst % self._depth * self._size
        return at if struct.unpack_from("<I", self._ring, at)[0] == burst else -1

    def report(self, at):
        """What is kept there: the report's bytes, slots as (raw, state), outputs."""
        ring, robot = self._ring, self._robot
        head = struct.unpack_from("<IIHBB", ring, at)
        at += _ENTRY
        slots = [struct.unpack_from("<iB", ring, at + 5 * i) for i in range(robot.slots)]
        at += 5 * robot.slots
        outputs = [struct.unpack_from("<i", ring, at + 4 * i)[0] for i in range(robot.outputs)]
        return head, slots, outputs
