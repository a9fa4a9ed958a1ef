"""Staging: PUT and UPDATE, the commands by which brains and firmware come (SPEC.md 7.4, 7.6).

In:  the payloads of the commands; the Server whose slots are filled, and which they end.
Out: a code, and a detail for its ACK.
Never: starts what came: a new start does.
"""

import struct

from micropython import const

from . import guard, signature

_CODE_OK = const(0)
_CODE_VALUE = const(3)
_CODE_HASH = const(6)
_CODE_OFFSET = const(7)
_CODE_ROOM = const(11)
_CODE_PINNED = const(12)


def begin(server, payload):
    size, sha, flags = struct.unpack_from("<I32sI", payload)
    if size == 0 or flags > 1:
        server.detail = 2 if size else 0
        return _CODE_VALUE
    server.forced = flags == 1
    name = bytes(payload[40:])
    if name and signature.pinned() is not None:
        return _CODE_PINNED
    server.file = ""
    if name:
        from . import update  # here: it is seldom needed, and a brain can use the memory

        server.file = update.place(name)
        if not server.file:
            server.detail = 4
            return _CODE_VALUE
        if update.has(name, size, sha):
            server.slots.forget()
            server.detail = 1
            return _CODE_OK
    if server.slots.begin(size, sha):
        return _CODE_OK
    server.detail = server.slots.free
    return _CODE_ROOM


def data(server, payload):
    if server.slots.write(struct.unpack_from("<I", payload)[0], payload[4:]):
        return _CODE_OK
    server.detail = server.slots.staged
    return _CODE_OFFSET


def end(server, _):
    slots = server.slots
    if slots.size == 0 or slots.staged < slots.size:
        server.detail = slots.staged
        return _CODE_OFFSET
    if not slots.finish():
        return _CODE_HASH
    guard.feed()
    if server.file:
        slots.keep(server.file)
        return _CODE_OK
    slots.switch(server.forced)
    server.ended = server.again = True
    return _CODE_OK


def install(server, payload):
    what = payload[0]
    if what > 1:
        return _CODE_VALUE
    if signature.pinned() is not None:
        return _CODE_PINNED
    from . import update

    if what == 0:
        update.begin()
        return _CODE_OK
    update.commit(server.brain is not None)
    server.ended = server.again = True
    return _CODE_OK
