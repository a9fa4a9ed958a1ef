"""Drive: what a robot sensed and was told, as frames, and what its host says it senses (SPEC 10.6).

In:  a Port, a Robot; the payloads of SENSE and REPORT.
Out: SENSED, DRIVEN and KEPT.
Never: allocates in tell(); moves a motor.
"""

import struct

from micropython import const

from .robot import FRESH, HOST

_PAYLOAD = const(6)  # as in wire.py
_CODE_OK = const(0)
_CODE_LENGTH = const(2)
_CODE_VALUE = const(3)
_CODE_STATE = const(4)
_CODE_LATE = const(9)
_TYPE_SENSED = const(136)
_TYPE_DRIVEN = const(137)
_TYPE_KEPT = const(138)
_SLOTS = const(24)  # in one frame
_OUTPUTS = const(30)
_AGAIN = const(128)


def tell(port, robot, burst, wait):
    """A burst's slots and outputs."""
    wire = port.out.wire
    state = robot.state
    first = 0
    while first < robot.slots:
        n = min(_SLOTS, robot.slots - first)
        if port.begin(wait):
            struct.pack_into("<IBBBB", wire, _PAYLOAD, burst, first, n, 0, 0)
            at = _PAYLOAD + 8
            for slot in range(first, first + n):
                struct.pack_into("<i", wire, at, state[slot + slot])
                at += 4
            for slot in range(first, first + n):
                wire[at] = robot.states[slot]
                at += 1
            port.send(_TYPE_SENSED, 8 + 5 * n, wait)
        first += n
    first = 0
    while first < robot.outputs:
        n = min(_OUTPUTS, robot.outputs - first)
        if port.begin(wait):
            struct.pack_into("<IBBBB", wire, _PAYLOAD, burst, first, n, robot.still, 0)
            at = _PAYLOAD + 8
            for i in range(first, first + n):
                struct.pack_into("<i", wire, at, robot.driven[i])
                at += 4
            port.send(_TYPE_DRIVEN, 8 + 4 * n, wait)
        first += n


def sense(server, payload):
    """SENSE: what the host says was read. Returns a code."""
    run = server.run
    brain = server.brain
    robot = brain.robot if brain else None
    burst, first, count, flags, zero = struct.unpack_from("<IBBBB", payload)
    if not run.active or not robot or robot.mode != HOST or (flags & 1 and not run.stepped):
        return _CODE_STATE
    if len(payload) != 8 + 5 * count:
        return _CODE_LENGTH
    if burst not in (0, brain.burst + 1):
        return _CODE_LATE
    if first + count > robot.slots or flags > 1 or zero:
        server.detail = 2
        return _CODE_VALUE
    at = 8 + 4 * count
    for i in range(count):
        if payload[at + i] > 2:
            server.detail = 6
            return _CODE_VALUE
    for i in range(count):
        robot.states[first + i] = payload[at + i]
        if payload[at + i] == FRESH:
            robot.raw[first + i] = struct.unpack_from("<i", payload, 8 + 4 * i)[0]
    if flags & 1:
        server.burst()
    return _CODE_OK


def report(server, payload):
    """REPORT: sends what is kept of a burst. Returns a code."""
    robot = server.brain.robot if server.brain else None
    burst = struct.unpack("<I", payload)[0]
    at = robot.past.find(burst) if robot else -1
    if at < 0:
        return _CODE_LATE
    (_, digest, fired, digested, still), slots, outputs = robot.past.report(at)
    port = server.port
    wire = port.out.wire
    port.begin(True)
    struct.pack_into("<IIHBB", wire, _PAYLOAD, burst, digest, fired, digested, 0)
    port.send(_TYPE_KEPT, 12, True)
    for first in range(0, len(slots), _SLOTS):
        some = slots[first : first + _SLOTS]
        port.begin(True)
        struct.pack_into("<IBBBB", wire, _PAYLOAD, burst, first, len(some), _AGAIN, 0)
        at = _PAYLOAD + 8
        for raw, _ in some:
            struct.pack_into("<i", wire, at, raw)
            at += 4
        for _, state in some:
            wire[at] = state
            at += 1
        port.send(_TYPE_SENSED, 8 + 5 * len(some), True)
    for first in range(0, len(outputs), _OUTPUTS):
        some = outputs[first : first + _OUTPUTS]
        port.begin(True)
        struct.pack_into("<IBBBB", wire, _PAYLOAD, burst, first, len(some), _AGAIN | still, 0)
        struct.pack_into("<%di" % len(some), wire, _PAYLOAD + 8, *some)
        port.send(_TYPE_DRIVEN, 8 + 4 * len(some), True)
    return _CODE_OK
