"""Recording: what came over a link, byte for byte, with its times, and the brain it came from.

In:  the raw bytes of a link, both ways, as they come; marks and notices of whoever watches.
Out: an append-only file that explains itself; its entries again, up to the last whole one.
Never: interprets a frame; overwrites a file; hides that the disk, the clock or the file gave out.

A recording is MAGIC, then entries: length u32, kind u8, three zero bytes, time i64 (nanoseconds
since the recording began, by a clock that never jumps), `length` bytes, CRC-32 of all of these.
Little-endian. The first entry is META, the second BLOB; then they come as things happen. A file
that ends within an entry was cut off there: what is before is whole.
"""

import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import RecordingError

MAGIC = b"\x89GBR\r\n\x1a\n"
SUFFIX = ".gbr"
VERSION = 1
JUMP_NS = 500_000_000  # a wall clock that moves this much against the steady one has jumped
_HEAD = struct.Struct("<IB3xq")
_CRC = struct.Struct("<I")
_MOST = 1 << 28  # bytes of one entry; a longer length is damage


class Kind(IntEnum):
    """What an entry holds."""

    META = 1
    """JSON: version, started (UTC), and what the recorder was told."""
    BLOB = 2
    """The brain; empty if it is not known."""
    RECEIVED = 3
    """Raw bytes from the device, in the pieces in which they came."""
    SENT = 4
    """Raw bytes to the device."""
    MARK = 5
    """UTF-8: a moment that a person marked."""
    NOTICE = 6
    """UTF-8: something that happened to the link, the clock or the recording."""
    END = 7
    """UTF-8: why the recording was closed. Absent if it was not closed but cut off."""


@dataclass(frozen=True, slots=True)
class Entry:
    kind: Kind
    time: int  # nanoseconds since the recording began
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


class Recorder:
    """A recording being written. Every entry is with the operating system when a call returns.

    Calls may come from any thread and never raise for the disk's sake: a full disk must not end
    a run. `failure` says so instead, `check()` raises it, and so does leaving the context.
    """

    def __init__(
        self,
        path: Path,
        blob: bytes,
        meta: Mapping[str, object] | None = None,
        *,
        overwrite: bool = False,
        clock: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        """Begins a recording. Raises RecordingError if the file exists or cannot be written."""
        self.path = path
        self.failure: RecordingError | None = None
        self.unrecorded = 0  # bytes that came after a failure
        self._lock = threading.Lock()
        self._clock, self._wall = clock, wall
        self._began = clock()
        self._ahead = wall() - self._began  # of the wall clock
        self._size = 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if overwrite else os.O_EXCL)
        try:
            self._file = os.open(path, flags, 0o644)
        except FileExistsError:
            raise RecordingError(
                f"{path} exists, and a recording is never overwritten", "name another file"
            ) from None
        except OSError as error:
            raise self._trouble(error) from None
        started = datetime.fromtimestamp(wall() / 1e9, UTC).isoformat(timespec="milliseconds")
        known = {"version": VERSION, "started": started, **(meta or {})}
        self._write(MAGIC)
        self._entry(Kind.META, json.dumps(known, ensure_ascii=False).encode(), self._began)
        self._entry(Kind.BLOB, blob, self._began)
        if self.failure:
            os.close(self._file)
            raise self.failure

    @property
    def bytes_written(self) -> int:
        return self._size

    def frame(self, raw: bytes, time_ns: int | None = None) -> None:
        """Bytes from the device: whole frames or any pieces. `time_ns` is time.monotonic_ns()."""
        self._put(Kind.RECEIVED, raw, time_ns)

    def sent(self, raw: bytes, time_ns: int | None = None) -> None:
        """Bytes to the device."""
        self._put(Kind.SENT, raw, time_ns)

    def tap(self, raw: bytes, sent: bool) -> None:
        """What `Link.tap` calls for each piece."""
        self._put(Kind.SENT if sent else Kind.RECEIVED, raw, None)

    def mark(self, text: str = "") -> None:
        """A moment to find again."""
        self._put(Kind.MARK, text.encode(), None)

    def notice(self, text: str) -> None:
        """Something that a reader must know: unplugged, plugged in again, reset."""
        self._put(Kind.NOTICE, text.encode(), None)

    def check(self) -> None:
        """Raises RecordingError if something could not be written."""
        if self.failure:
            raise self.failure

    def close(self, why: str = "closed") -> None:
        """Ends the recording. Calling it again does nothing."""
        with self._lock:
            if self._file < 0:
                return
            self._entry(Kind.END, why.encode(), self._clock())
            try:
                os.fsync(self._file)
            except OSError as error:
                # A pipe or a device has nothing to sync.
                if error.errno not in _CANNOT_SYNC and self.failure is None:
                    self.failure = self._trouble(error)
            finally:
                os.close(self._file)
                self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close("closed" if error is None else str(error) or type(error).__name__)
        if error is None:
            self.check()

    # ---- how

    def _put(self, kind: Kind, data: bytes, time_ns: int | None) -> None:
        with self._lock:
            now = self._clock()
            if self.failure or self._file < 0:
                self.unrecorded += len(data)
                return
            ahead = self._wall() - now
            if abs(ahead - self._ahead) > JUMP_NS:
                jump = (ahead - self._ahead) / 1e9
                self._ahead = ahead
                self._entry(Kind.NOTICE, f"the wall clock jumped by {jump:+.3f} s".encode(), now)
            self._entry(kind, data, now if time_ns is None else time_ns)

    def _entry(self, kind: Kind, data: bytes, now: int) -> None:
        record = _HEAD.pack(len(data), kind, now - self._began) + data
        self._write(record + _CRC.pack(zlib.crc32(record)))

    def _write(self, data: bytes) -> None:
        if self.failure:
            return
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError as error:
            self.failure = self._trouble(error)
            self.unrecorded += len(data)
            self._cut(done)
            return
        self._size += done

    def _cut(self, torn: int) -> None:
        """Takes back the piece of an entry that did not fit, so that the file ends whole."""
        if torn:
            try:
                os.ftruncate(self._file, self._size)
            except OSError:
                return  # readers stop at the last whole entry anyway

    def _trouble(self, error: OSError) -> RecordingError:
        kept = f" after {self._size:,} bytes, which are kept" if self._size else ""
        return RecordingError(
            f"the recording {self.path} cannot be written{kept} ({error.strerror})",
            "choose a place that can be written and has room",
        )


_CANNOT_SYNC = (22, 95)  # EINVAL, EOPNOTSUPP


class Recording:
    """A recording on disk. Entries are read from the file whenever they are asked for."""

    def __init__(self, path: Path) -> None:
        """Reads the header. Raises RecordingError if there is none."""
        self.path = path
        self.torn = 0  # bytes at the end that are no whole entry; known once entries() ended
        self.end: str | None = None  # why it was closed; None: it was cut off. Known as above
        entries = self.entries()
        first, second = next(entries, None), next(entries, None)
        if not first or not second or (first.kind, second.kind) != (Kind.META, Kind.BLOB):
            raise RecordingError(
                f"{path} ends before the brain that its header should hold", "record again"
            )
        try:
            self.meta: dict[str, object] = json.loads(first.data)
        except ValueError:
            raise RecordingError(f"{path} has a header that is not JSON", "record again") from None
        if self.meta.get("version") != VERSION:
            raise RecordingError(
                f"{path} is of version {self.meta.get('version')}, and this program reads "
                f"{VERSION}",
                "read it with the ganglion that wrote it",
            )
        self.blob = second.data

    def entries(self) -> Iterator[Entry]:
        """All whole entries, in order, META and BLOB first."""
        try:
            with self.path.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise RecordingError(
                        f"{self.path} is not a recording",
                        "give a file that `ganglion record` or --record wrote",
                    )
                size = os.fstat(file.fileno()).st_size
                while head := file.read(_HEAD.size):
                    length = _HEAD.unpack(head)[0] if len(head) == _HEAD.size else _MOST
                    rest = file.read(length + _CRC.size) if length < _MOST else b""
                    entry = _whole(head, rest)
                    if entry is None:
                        self.torn = size - file.tell() + len(head) + len(rest)
                        return
                    if entry.kind == Kind.END:
                        self.end = entry.text
                    yield entry
        except OSError as error:
            raise RecordingError(
                f"{self.path} cannot be read ({error.strerror})", "check the path"
            ) from None


def _whole(head: bytes, rest: bytes) -> Entry | None:
    """The entry in these bytes, or None where they break off or are damaged."""
    if len(head) < _HEAD.size or len(rest) < _CRC.size:
        return None
    length, kind, time_ns = _HEAD.unpack(head)
    data, crc = rest[: -_CRC.size], rest[-_CRC.size :]
    if len(data) != length or kind not in _KINDS:
        return None
    if zlib.crc32(data, zlib.crc32(head)) != int.from_bytes(crc, "little"):
        return None
    return Entry(Kind(kind), time_ns, data)


_KINDS = frozenset(Kind)
