"""Ask: one run by the command server, in the place of the process that asks.

In:  the server's socket, then the words of `ganglion`, or `-c TEXT` for Python.
Out: its streams and its exit code; a signal to this process goes to that one.
Never: loads anything of Ganglion: that is what it is for.
"""

import array
import json
import os
import signal
import socket
import struct
import sys
from pathlib import Path

_LENGTH = struct.Struct("<I")


class Asked:
    """A process that the command server runs: its id, and how it ends."""

    def __init__(
        self, path: str, words: list[str], directory: str, environment: dict[str, str],
        streams: tuple[int, int, int] = (0, 1, 2), python: str | None = None,
    ) -> None:  # fmt: skip
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        asked = {"words": words, "directory": directory, "environment": environment,
                 "python": python}  # fmt: skip
        data = json.dumps(asked).encode()
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", streams))
        self._socket.sendmsg([_LENGTH.pack(len(data))], [rights])
        self._socket.sendall(data)
        self.pid = self._number()

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code, 1 if it was killed. Raises TimeoutError."""
        self._socket.settimeout(seconds)
        with self._socket:
            try:
                return self._number()
            except EOFError:
                return 1

    def _number(self) -> int:
        data = b""
        while len(data) < _LENGTH.size:
            more = self._socket.recv(_LENGTH.size - len(data))
            if not more:
                raise EOFError("the process ended without a code")
            data += more
        return int(_LENGTH.unpack(data)[0])


def main() -> int:
    path, *words = sys.argv[1:]
    python = words[1] if words[:1] == ["-c"] else None
    asked = Asked(
        path, words[2:] if python else words, str(Path.cwd()), dict(os.environ), python=python
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: os.kill(asked.pid, number))
    return asked.wait()


if __name__ == "__main__":
    sys.exit(main())
