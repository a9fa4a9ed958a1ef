"""Bridges: a few figures of each burst, sent by UDP to plotting programs that robots already use.

In:  the State of a monitor.
Out: Teleplot lines (`name:ms:value§unit`), or JSON that PlotJuggler's UDP server reads.
Never: waits for anybody, or fails because nobody listens; sends more often than 50 times a second.
"""

import json
import re
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from ..errors import UsageError
from ..network.model import AreaInfo
from .state import MonitorState

TELEPLOT, PLOTJUGGLER = 47269, 9870  # the ports that they listen on
_EVERY = 0.02  # seconds


class Bridge(Protocol):
    def send(self, state: MonitorState) -> None: ...
    def close(self) -> None: ...


def figures(state: MonitorState) -> dict[str, tuple[float, str]]:
    """Name to value and unit."""
    with state.lock:
        seen = state.visible()
        latest = seen[-1] if seen else None
        stats = state.stats
        rates = state.rates()
        found = {
            "burst": (float(state.last), ""),
            "fired": (float(len(latest.neurons)) if latest else 0.0, ""),
            "burst_time": (float(latest.micros) if latest else 0.0, "µs"),
            "bursts_per_second": (state.pace()[0], "Hz"),
            "link": (state.pace()[1], "B/s"),
        }
        if stats:
            found["heap_free"] = (float(stats.heap_free), "B")
            found["late"] = (float(stats.late), "")
            found["dropped"] = (float(stats.dropped), "")
        for index, area in enumerate(state.network.areas):
            if state.sizes[index]:
                found[f"rate/{_unique(state.network.areas, area)}"] = (float(rates[index]), "%")
        return found


class _Udp(ABC):
    def __init__(self, address: tuple[str, int]) -> None:
        try:
            found = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
        except (OSError, UnicodeError):
            raise UsageError(
                f"{address[0]}:{address[1]} is no address that can be found",
                "write HOST or HOST:PORT",
            ) from None
        self._to = found[4]
        self._socket = socket.socket(found[0], found[1])
        self._socket.setblocking(False)
        self._next = 0.0

    def send(self, state: MonitorState) -> None:
        """What is to be told now, if it is time."""
        now = time.monotonic()
        if now < self._next or not state.bursts:
            return
        self._next = now + _EVERY
        for packet in self.packets(figures(state), time.time()):
            with suppress(OSError):  # nobody listens, or no room: this is only a picture
                self._socket.sendto(packet, self._to)

    @abstractmethod
    def packets(self, told: dict[str, tuple[float, str]], now: float) -> list[bytes]:
        """What the program that listens understands of these figures, at a time in seconds."""

    def close(self) -> None:
        self._socket.close()


class Teleplot(_Udp):
    """One line per figure; several lines in a packet."""

    def packets(self, told: dict[str, tuple[float, str]], now: float) -> list[bytes]:
        lines = [
            f"{re.sub(r'[:|;§]', '_', name)}:{round(now * 1000)}:{value:g}"
            + (f"§{unit}" if unit else "")
            for name, (value, unit) in told.items()
        ]
        return ["\n".join(lines[at : at + 20]).encode() for at in range(0, len(lines), 20)]


class PlotJuggler(_Udp):
    """One object; a slash in a name becomes a group."""

    def packets(self, told: dict[str, tuple[float, str]], now: float) -> list[bytes]:
        root: dict[str, object] = {"timestamp": round(now, 6)}
        own: dict[str, object] = {}
        rates: dict[str, float] = {}
        for name, (value, _) in told.items():
            group, slash, rest = name.partition("/")
            if slash:
                rates[rest.replace("/", "_")] = value
            else:
                own[group] = value
        return [json.dumps({**root, "ganglion": {**own, "rate": rates}}).encode()]


def address(text: str, port: int) -> tuple[str, int]:
    """HOST or HOST:PORT. Raises UsageError."""
    if text.startswith("[") and "]" in text:  # IPv6, as in a URL
        host, _, rest = text[1:].partition("]")
        number = rest.removeprefix(":")
        if rest and not (rest.startswith(":") and number):
            raise UsageError(f"{text!r} is no address", "write [IPV6]:PORT, for example [::1]:9870")
    elif text.count(":") > 1:  # IPv6 alone
        host, number = text, ""
    else:
        host, _, number = text.partition(":")
    if number and not (number.isdigit() and 0 < int(number) < 65_536):
        raise UsageError(f"{text!r} has no port that can be", "write HOST or HOST:PORT")
    return host or "127.0.0.1", int(number) if number else port


def _unique(areas: Sequence[AreaInfo], area: AreaInfo) -> str:
    """What an area is called where others must not be called the same: its id too, if they are."""
    name = _plain(area)
    return f"{name} ({area.id})" if sum(_plain(other) == name for other in areas) > 1 else name


def _plain(area: AreaInfo) -> str:
    return (area.name or area.id).replace("/", "_")
