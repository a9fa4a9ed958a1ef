"""Recording: what came over a link, byte for byte, with its times, and the brain it came from.

In:  the raw bytes of a link, both ways, as they come; marks and notices of whoever watches.
Out: an append-only file that explains itself; its whole entries again, and where it is damaged.
Never: interprets a frame; overwrites a file; hides that the disk, the clock or the file gave out.

A recording is MAGIC, then entries (entry.py), with times by a clock that never jumps. The first
entry is META, the second BLOB; then they come as things happen. A file that ends within an entry
was cut off there: what is before is whole. Where an entry is damaged, it goes on at the next whole
one.
"""

import json
import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from .. import __version__
from ..closing import Closing
from ..errors import RecordingError
from .entry import CRC, HEAD, MOST, Damage, Entry, Kind, breaks_off, next_whole, pack, whole

__all__ = ["MAGIC", "SUFFIX", "VERSION", "Entry", "Kind", "Recorder", "Recording"]

MAGIC = b"\x89GBR\r\n\x1a\n"
SUFFIX = ".gbr"
VERSION = 1
JUMP_NS = 500_000_000  # a wall clock that moves this much against the steady one has jumped


class Recorder(Closing):
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
        known = {
            "version": VERSION, "started": started, "ganglion": __version__, **(meta or {})
        }  # fmt: skip
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
        self._write(pack(kind, now - self._began, data))

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
        self.damage: list[Damage] = []  # what was read past; known once entries() ended
        self.torn = 0  # bytes at the end that are no whole entry; known as above
        self.cut = False  # they are the beginning of one: the file ends too early. Known as above
        self.end: str | None = None  # why it was closed; None: it was not. Known as above
        entries = self.entries()
        first, second = next(entries, None), next(entries, None)
        hurt = self.damage or (self.torn and not self.cut)
        if not first or not second or (first.kind, second.kind) != (Kind.META, Kind.BLOB) or hurt:
            if hurt:
                at = self.damage[0].at if self.damage else path.stat().st_size - self.torn
                raise RecordingError(
                    f"{path} is damaged at byte {at:,}, in its header or its brain",
                    "take another copy of it, or record again",
                )
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

    @property
    def faults(self) -> list[str]:
        """What is wrong with the file, in words; known once entries() ended."""
        found = [f"it is {damage}" for damage in self.damage]
        if self.torn and self.cut:
            found.append(f"it was cut off: its last {self.torn:,} bytes are no whole entry")
        elif self.torn:
            at = self.path.stat().st_size - self.torn
            found.append(f"it is damaged at byte {at:,}, and no whole entry comes after it")
        elif self.end is None:
            found.append("it was never closed: whoever recorded it ended suddenly")
        return found

    def entries(self) -> Iterator[Entry]:
        """All whole entries, in order, META and BLOB first; damage is read past, and noted."""
        self.damage, self.torn, self.cut, self.end = [], 0, False, None
        try:
            with self.path.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    raise RecordingError(
                        f"{self.path} is not a recording",
                        "give a file that `ganglion record` or --record wrote",
                    )
                size, at = os.fstat(file.fileno()).st_size, len(MAGIC)
                while at < size:
                    file.seek(at)
                    head = file.read(HEAD.size)
                    length = HEAD.unpack(head)[0] if len(head) == HEAD.size else MOST
                    entry = whole(head, file.read(length + CRC.size) if length < MOST else b"")
                    if entry is None:
                        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                            found = next_whole(data, at)
                        if found is None:
                            self.torn, self.cut = size - at, breaks_off(head, size - at)
                            return
                        self.damage.append(Damage(at, found - at))
                        at = found
                        continue
                    at += HEAD.size + length + CRC.size
                    if entry.kind == Kind.END:
                        self.end = entry.text
                    yield entry
        except OSError as error:
            raise RecordingError(
                f"{self.path} cannot be read ({error.strerror})", "check the path"
            ) from None
