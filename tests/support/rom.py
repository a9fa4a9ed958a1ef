"""Rom: the other end of the real esptool: what the boot loader in an ESP32's ROM answers.

In:  bytes of a connection: socket://, or rfc2217:// by pyserial's own server (its reset lines too).
Out: the flash as it was written; whether one byte of it was.
Never: tests our own protocol: it speaks Espressif's, to Espressif's program.

The protocol is Espressif's "Serial Protocol" (docs.espressif.com, esptool, advanced topics).
"""

import hashlib
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

import serial
from serial import rfc2217

from ganglion.device.virtual import VirtualDevice

# Chip number, magic word (0: tells its number), and where its SPI peripheral keeps what was read.
CHIPS = {
    "esp32": (0, 0x00F01D83, 0x3FF42080),
    "esp32s2": (2, 0x000007C6, 0x3F402058),
    "esp32s3": (9, 0, 0x60002058),
    "esp32c3": (5, 0, 0x60002058),
    "esp32c6": (13, 0, 0x60003058),
}
_MAGIC_WORD = 0x40001000
_SYNC, _WRITE_REG, _READ_REG, _MEM_END, _SECURITY = 0x08, 0x09, 0x0A, 0x06, 0x14
_BEGIN, _DATA, _MD5 = 0x10, 0x11, 0x13
_FINE = {0x02, 0x04, 0x05, 0x07, 0x09, 0x0B, 0x0D, 0x0F, 0x12, 0xD0}
SECURE_BOOT, SECURE_DOWNLOAD = 1, 4  # flags of the security info


class Rom:
    """A chip at a TCP port, in its boot loader. Use it as a context manager."""

    def __init__(
        self, chip: str = "esp32", flash: int = 4 << 20, *, flags: int = 0, crypt: int = 0,
        words: dict[int, int] | None = None, size_code: int | None = None, rfc2217: bool = False,
        deaf: int = 0, garbled: bool = False,
    ) -> None:  # fmt: skip
        """`words`: what registers hold; `deaf`: to how many commands, since it still boots;
        `garbled`: the first detection fails."""
        self.chip = chip
        self.flash = bytearray(b"\xff" * flash)
        self.written = False
        self.in_loader = True
        self.resets = 0
        self._flags, self._crypt = flags, crypt
        self._words = {_MAGIC_WORD: CHIPS[chip][1]} | (words or {})
        code = flash.bit_length() - 1 if size_code is None else size_code
        self._words[CHIPS[chip][2]] = code << 16 | 0x40EF
        self._rfc2217, self._deaf, self._garbled = rfc2217, deaf, garbled
        self._stub = False
        self._unpacker, self._at = zlib.decompressobj(), 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._closing = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.rts = self.dtr = False
        kind = "rfc2217" if rfc2217 else "socket"
        self.port = f"{kind}://127.0.0.1:{self._server.getsockname()[1]}"
        self._start: Callable[[], VirtualDevice] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def reset(self) -> None:
        """The RESET button: what was written runs."""
        self.in_loader = self._stub = False
        self.resets += 1

    @contextmanager
    def runs(self, start: Callable[[], VirtualDevice]) -> Iterator[None]:
        """What begins at a reset once the flash is written; its serial stream is at this port."""
        self._start = start
        yield

    def _serve(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line = _Line(connection, self) if self._rfc2217 else None
                with suppress(OSError):
                    if self.in_loader or not self.written or self._start is None:
                        self._talk(connection, line)
                    else:
                        _run(connection, self._start, line)

    def _talk(self, connection: socket.socket, line: "_Line | None") -> None:
        send = line.send if line else connection.sendall
        buffer = b""
        while data := connection.recv(65536):
            if line:
                data = line.filter(data)
            if not self.in_loader:
                continue
            buffer += data
            while b"\xc0" in buffer:
                frame, _, buffer = buffer.partition(b"\xc0")
                frame = frame.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
                if len(frame) < 8 or frame[0]:
                    continue
                self._deaf -= 1
                if self._deaf < 0:
                    for answer in self._answer(frame[1], frame[8:]):
                        send(_slip(answer))

    def _answer(self, op: int, data: bytes) -> list[bytes]:
        if op == _SYNC:
            return [self._reply(op, 0 if self._stub else 0x20120707)] * 8
        if op == _MEM_END:
            self._stub = True
            return [self._reply(op), b"OHAI"]
        if op == _SECURITY and self.chip != "esp32":
            info = struct.pack("<IB7x", self._flags, self._crypt)
            if self.chip != "esp32s2":
                info += struct.pack("<II", CHIPS[self.chip][0], 0)
            return [self._reply(op, body=info)]
        if op == _READ_REG and not self._flags & SECURE_DOWNLOAD:
            address = struct.unpack("<I", data[:4])[0]
            if self._garbled and address == _MAGIC_WORD:
                self._garbled = False
                return [self._reply(op, body=b"", bad=True)]
            return [self._reply(op, self._words.get(address, 0))]
        if op == _WRITE_REG:
            return [self._reply(op)]
        if op == _BEGIN:
            self._unpacker, self._at = zlib.decompressobj(), struct.unpack_from("<I", data, 12)[0]
            return [self._reply(op)]
        if op == _DATA:
            self._store(self._unpacker.decompress(data[16:]))
            return [self._reply(op)]
        if op == _MD5:
            at, size = struct.unpack_from("<II", data)
            digest = hashlib.md5(self.flash[at : at + size])
            raw = digest.digest() if self._stub else digest.hexdigest().encode()
            return [self._reply(op, body=raw)]
        if op in _FINE:
            return [self._reply(op)]
        return [struct.pack("<BBHI", 1, 0xFF, 4, 0) + b"\1\5\0\0"]  # unknown

    def _store(self, data: bytes) -> None:
        self.written = True
        self.flash[self._at : self._at + len(data)] = data
        self._at += len(data)

    def _reply(self, op: int, value: int = 0, body: bytes = b"", *, bad: bool = False) -> bytes:
        body += (b"\1\7" if bad else b"\0\0") + (b"" if self._stub else b"\0\0")
        return struct.pack("<BBHI", 1, op, len(body), value) + body


def _run(
    connection: socket.socket, start: Callable[[], VirtualDevice], line: "_Line | None"
) -> None:
    """A device that begins as somebody listens; bytes both ways until they hang up."""
    with start() as device, serial.Serial(device.path, timeout=0.01, exclusive=True) as port:
        connection.settimeout(0.01)
        while True:
            if data := port.read(port.in_waiting or 1):
                (line.send if line else connection.sendall)(data)
            try:
                data = connection.recv(4096)
            except TimeoutError:
                continue
            if not data:
                return
            port.write(line.filter(data) if line else data)


class _Line:
    """The serial port of an adapter in the network: pyserial's own server of RFC 2217."""

    baudrate, bytesize, parity, stopbits = 115200, 8, "N", 1
    cts = dsr = ri = cd = xonxoff = rtscts = break_condition = False

    def __init__(self, connection: socket.socket, rom: Rom) -> None:
        self._connection, self._rom = connection, rom
        self._dtr = self._rts = False
        self.write = connection.sendall
        self._manager = rfc2217.PortManager(self, self)

    def filter(self, data: bytes) -> bytes:
        return b"".join(self._manager.filter(data))

    def send(self, data: bytes) -> None:
        self._connection.sendall(b"".join(self._manager.escape(data)))

    def reset_input_buffer(self) -> None: ...
    def reset_output_buffer(self) -> None: ...

    @property
    def rts(self) -> bool:
        return self._rts

    @rts.setter
    def rts(self, value: bool) -> None:
        """Its end is a reset: DTR then holds the BOOT pin down, or not."""
        if self._rts and not value:
            self._rom.reset()
            self._rom.in_loader = self._dtr
        self._rts = value

    @property
    def dtr(self) -> bool:
        return self._dtr

    @dtr.setter
    def dtr(self, value: bool) -> None:
        # On the usual boards' two transistors, EN rises when DTR falls in; BOOT is low from then.
        self._dtr = value


def _slip(data: bytes) -> bytes:
    return b"\xc0" + data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
