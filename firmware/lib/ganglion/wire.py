"""Wire: frames on the device's serial stream (SPEC.md 7.1), written apart from the host's frame.py.

In:  bytes, as they come; a type, and a payload that the caller packed at PAYLOAD in `out.wire`.
Out: whole bodies whose CRC is right; frames, each written to its end or not at all.
Never: allocates for a frame that it sends; looks inside a payload; waits unless told.
"""

import binascii
import select
import struct
from array import array

from micropython import const

try:
    from time import ticks_ms

    from uctypes import addressof, bytearray_at

    from .crc import TABLE, append
except ImportError:  # CPython: the codec only
    addressof = None

MAX_PAYLOAD = const(128)
PAYLOAD = const(6)  # where a payload begins in Out.wire: 00, code, length, type, sequence
_SPIKES = const(PAYLOAD + 4)  # where the neurons of SPIKES and of BURST begin: both even
_LEFT = const(PAYLOAD + 16)
_END = const(PAYLOAD + MAX_PAYLOAD)
_MAX_CODED = const(137)
_ROOM = const(140)  # for a frame: it has at most 139 bytes, and neurons of two are written there
_FIFO = const(139000)  # thousandths of a byte that may wait in a UART: one frame


def as_bytes(words, n):
    """The `n` bytes of an array or a memoryview, to be read one by one without a copy."""
    return bytearray_at(addressof(words), n) if addressof else memoryview(words).cast("B")


class Gone(Exception):
    """The other end of the stream was closed. Only a pty or a pipe says so."""


class Out:
    """The one frame that is being built. Everything it needs is prepared once."""

    def __init__(self):
        # One block of memory seen as bytes and, where neurons go, as u16: no spike is copied.
        block = array("H", bytes(_ROOM))
        if addressof:
            self.wire = bytearray_at(addressof(block), _ROOM)
            pairs = memoryview(block)
            self.spikes = pairs[_SPIKES // 2 : _END // 2]
            self.left = pairs[_LEFT // 2 : _END // 2]
        else:
            self.wire = bytearray(_ROOM)
            self.spikes = memoryview(self.wire)[_SPIKES:_END].cast("H")
            self.left = memoryview(self.wire)[_LEFT:_END].cast("H")
        self._block = block
        self.sequence = 0

    def seal(self, kind, n):
        """Makes a frame of the `n` bytes of payload; returns its length on the wire."""
        wire = self.wire
        wire[2] = n
        wire[3] = kind
        wire[4] = self.sequence & 255
        wire[5] = self.sequence >> 8
        end = PAYLOAD + n
        if addressof:
            append(wire, 0, 2, end, TABLE)
        else:
            struct.pack_into("<I", wire, end, binascii.crc32(wire[2:end]))
        end += 4
        wire[end] = 0
        # COBS in place: the byte before the body, and each 00 in it, becomes the way to the next.
        at = 1
        while at < end:
            zero = wire.find(b"\0", at + 1)
            wire[at] = zero - at
            at = zero
        return end + 1


class In:
    """Cuts a stream into frames. `frame` is length, type, sequence and payload of the last."""

    def __init__(self):
        self.damaged = 0
        self.frame = None
        self._held = bytearray(_ROOM)  # what is longer than a frame is held up to one byte more
        self._view = memoryview(self._held)
        self._n = 0

    def add(self, byte):
        """Takes one byte; true when it completes a frame, which is valid until the next add."""
        n = self._n
        if byte:
            if n <= _MAX_CODED:
                self._held[n] = byte
                self._n = n + 1
            return False
        self._n = 0
        text = self._is_text(n)  # what is empty is, and so is skipped
        if self._is_frame(n):
            self.frame = self._view[1 : n - 4]
            return True
        if not text:
            self.damaged += 1
        return False

    def _is_text(self, n):
        held = self._held
        for i in range(n):
            c = held[i]
            if c > 126 or c < 32 and c != 27 and not 8 <= c <= 13:
                return False
        return True

    def _is_frame(self, n):
        """Undoes COBS in place over `n` bytes and checks all that SPEC.md asks of a string."""
        if n > _MAX_CODED:
            return False
        held = self._held
        at = 0
        while at < n:
            step = held[at]
            held[at] = 0
            at += step
        if at != n or held[1] != n - 9:  # which is negative if n is too small for a frame
            return False
        (crc,) = struct.unpack_from("<I", held, n - 4)
        return binascii.crc32(self._view[1 : n - 4]) == crc


class Port:
    """The stream: bytes in without waiting, frames out whole, and a count of those dropped."""

    def __init__(self, source, sink, rate):
        """`rate`: bytes a second that a UART carries; a write to it would block. 0: it says so."""
        self.out = Out()
        self.into = In()
        self.dropped = 0
        self.pause = None  # called while waiting, to feed the watchdog
        self._source = source
        self._sink = sink
        self._byte = bytearray(1)
        self._at = 0  # of the frame in out.wire, what is written,
        self._end = 0  # ... and its length
        self._rate = rate
        self._credit = 0
        self._then = ticks_ms()
        self._readable = select.poll()
        self._readable.register(source, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sink, select.POLLOUT)
        self._ready(self._writable, 0)  # a poll allocates at its first answer, and never again

    def pace(self, rate):
        """The bytes a second that the UART carries from now on."""
        self._rate = rate

    def receive(self, wait_ms):
        """True when a frame has come (in into.frame); false when the bytes ran out before."""
        while self._ready(self._readable, wait_ms):
            got = self._source.readinto(self._byte)
            if got is None:
                return False
            if got == 0:
                raise Gone
            if self.into.add(self._byte[0]):
                return True
            wait_ms = 0
        return False

    def begin(self, wait):
        """Finishes the frame before; false if it cannot, and the next is therefore dropped."""
        while self._at < self._end:
            self._push()
            if self._at < self._end:
                if not wait:
                    self.dropped += 1
                    return False
                self._wait()
        return True

    def send(self, kind, n, wait):
        """Sends the frame built since begin() with `n` bytes of payload, or drops it whole."""
        return self.write(self.out.seal(kind, n), wait)

    def write(self, size, wait):
        """Sends the frame of `size` bytes that lies in out.wire, or drops it whole."""
        if self._rate and not self._has_room(size, wait):
            self.dropped += 1
            return False
        self._at = 0
        self._end = size
        self._push()
        if not wait and self._at == 0:
            self._end = 0
            self.dropped += 1
            return False
        self.out.sequence = (self.out.sequence + 1) & 0xFFFF
        while wait and self._at < self._end:
            self._wait()
            self._push()
        return True

    def _push(self):
        try:
            wrote = self._sink.write(self.out.wire, self._at, self._end - self._at)
        except OSError:
            raise Gone
        if wrote:
            self._at += wrote

    def _wait(self):
        if self.pause:
            self.pause()
        self._ready(self._writable, 50)

    def _ready(self, poller, wait_ms):
        for _ in poller.ipoll(wait_ms):
            return True
        return False

    def _has_room(self, size, wait):
        """Whether a UART can take the frame at once, from the time since the last and its rate."""
        now = ticks_ms()
        passed = min(now - self._then & 0x3FFFFFFF, 1000)  # a board counts modulo 2^30
        self._then = now
        self._credit = min(self._credit + passed * self._rate, _FIFO)
        if self._credit < size * 1000 and not wait:
            return False
        self._credit = max(self._credit - size * 1000, -_FIFO)
        return True
