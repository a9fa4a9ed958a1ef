"""Envelope: whether the bytes of a file are those of a brain that this board may run.

In:  an open .gbn file and its size, this board's name, the key that it has pinned.
Out: a Net with the header's fields and the sections' places; else Refused (SPEC.md 5.9, 7.3).
Never: looks into a section; allocates for one before all is proven whole.
"""

import binascii
import gc
import hashlib
import struct

from micropython import const

from .. import guard, signature
from .refusal import need, room

_CODE_MAGIC = const(16)
_CODE_VERSION = const(17)
_CODE_SIZE = const(18)
_CODE_CRC = const(19)
_CODE_SHA = const(20)
_CODE_FIELD = const(21)
_CODE_BOARD = const(24)
_CODE_SIGNATURE = const(26)
_HEADER = const(128)  # bytes
_ENTRY = const(16)  # bytes of the table of sections
_POWER_NONE = const(0xFFFFFFFF)
_TYPES = (1, 2, 3, 4, 5, 6, 7, 8, 20, 21, 22, 23, 30, 31, 32, 33, 34, 35, 36, 37, 40)


def check(net, f, size, board, key):
    """Fills in the net. Returns the numbers of its populations, classes and areas."""
    head = f.read(_HEADER)
    need(len(head) == _HEADER and size >= _HEADER + 32, _CODE_MAGIC)
    need(head[:8] == b"\x89GBN\r\n\x1a\n", _CODE_MAGIC)
    version, n_sections, length = struct.unpack_from("<HHI", head, 8)
    need(version == 1, _CODE_VERSION, version)
    need(size in (length, length + signature.SIZE), _CODE_SIZE)
    size = length
    table = f.read(_ENTRY * n_sections)
    need(
        _HEADER + _ENTRY * n_sections + 32 <= size and len(table) == _ENTRY * n_sections, _CODE_SIZE
    )
    digest = _check_sha(f, size)
    net.id = digest[:8]
    # What follows the blob is next to be read.
    need(key is None or signature.is_signed(digest, f.read(), key), _CODE_SIGNATURE)
    gc.collect()
    net.sections = _check_table(f, table, n_sections, size)
    need(not any(head[96:]) and not any(head[57:60]), _CODE_FIELD)
    name = head[80:96].rstrip(b"\0")
    need(not name or name == board.encode(), _CODE_BOARD)
    (
        storage, state, n_populations, net.n, net.synapses, n_classes, n_areas, net.power,
        net.power_amount, net.timestep_us, net.counter, seed, chance, bits,
    ) = struct.unpack_from("<BBHIIHHIiIIIIB", head, 16)  # fmt: skip
    net.golden = (seed, bits, chance)
    net.golden_bursts, net.golden_chain, net.golden_spikes = struct.unpack_from("<III", head, 60)
    need(1 <= net.n <= 65535 and n_classes < 32768 and n_populations and n_areas, _CODE_FIELD)
    need(storage in (16, 32) and state in (8, storage), _CODE_FIELD)
    need(net.power == _POWER_NONE or net.power < net.n, _CODE_FIELD)
    need(net.power != _POWER_NONE or net.power_amount == 0, _CODE_FIELD)
    need(chance <= 65536 and bits <= 10 and 1 <= net.golden_bursts <= 256, _CODE_FIELD)
    net.wide = storage == 32
    # The largest arrays come first: each must be in one piece. Loops by four look three further.
    net.potentials = room((net.n + 3) * (4 if net.wide else 2))
    net.fired = room((net.n + 63) >> 5 << 2)  # a word beyond ends a search
    return n_populations, n_classes, n_areas


def _check_sha(f, size):
    f.seek(0)
    sha = hashlib.sha256()
    left = size - 32
    buffer = bytearray(512)
    view = memoryview(buffer)
    while left > 0:
        n = f.readinto(view[: min(left, 512)])
        need(n, _CODE_SIZE)
        sha.update(view[:n])
        left -= n
        guard.feed()  # a large brain takes longer than the watchdog waits
    gc.collect()
    digest = sha.digest()
    need(f.read(32) == digest, _CODE_SHA)
    return digest


def _check_table(f, table, count, size):
    sections = {}
    at = _HEADER + _ENTRY * count
    last = 0
    buffer = bytearray(512)
    view = memoryview(buffer)
    for i in range(count):
        kind, zero, offset, length, crc = struct.unpack_from("<HHIII", table, _ENTRY * i)
        end = offset + length
        pad = -end % 4
        need(kind > last and kind in _TYPES and not zero, _CODE_SIZE, kind)
        need(offset == at and length > 0 and end + pad <= size - 32, _CODE_SIZE, kind)
        last = kind
        at = end + pad
        f.seek(offset)
        check = 0
        while length > 0:
            n = f.readinto(view[: min(length, 512)])
            check = binascii.crc32(view[:n], check)
            length -= n
            guard.feed()
        need(not any(f.read(pad)), _CODE_SIZE, kind)
        need(check == crc, _CODE_CRC, kind)
        gc.collect()
        sections[kind] = (offset, end - offset)
    need(at == size - 32, _CODE_SIZE)
    return sections
