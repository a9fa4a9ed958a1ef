"""Keys: one key at a time from a terminal, which is left as it was found.

In:  a terminal on stdin.
Out: names of keys pressed since last time; none if stdin is no terminal.
Never: waits; leaves the terminal without echo, whatever ends the program.
"""

import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

_SEQUENCES = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1bOA": "up", b"\x1bOB": "down",
    b"\t": "down", b"\x1b[Z": "up", b" ": "pause", b"k": "up", b"j": "down",
    b"p": "pause", b"i": "inject", b"m": "mark", b"r": "record", b"s": "stop", b"q": "quit",
    b"\x04": "quit",
}  # fmt: skip


class Keys:
    """A context manager. Inside it, an end from outside becomes a KeyboardInterrupt."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._before: list[Any] = []
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for name in ("SIGTERM", "SIGHUP"):
            self._handle(name, _interrupt)
        if not sys.stdin.isatty():
            return self
        try:
            import termios
            import tty
        except ImportError:  # Windows: no keys
            return self
        self._descriptor = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor)
        # A stopped monitor would leave the shell with its screen and its keys.
        self._handle("SIGTSTP", signal.SIG_IGN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor >= 0:
            import termios

            # The terminal may be gone with the one who ended us.
            with suppress(OSError, termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def pressed(self) -> list[str]:
        """The keys pressed since last time, by name; unknown ones are left out."""
        if self._descriptor < 0 or not select.select([self._descriptor], [], [], 0)[0]:
            return []
        data = os.read(self._descriptor, 64)
        if not data:
            return ["quit"]  # whoever typed is gone
        found = []
        while data:
            name = next((s for s in _SEQUENCES if data.startswith(s)), None)
            if name:
                found.append(_SEQUENCES[name])
            data = data[len(name) if name else 1 :]
        return found

    def _handle(self, name: str, handler: Callable[[int, FrameType | None], None] | int) -> None:
        number = getattr(signal, name, None)
        if number is not None:
            self._handlers[number] = signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
