"""Serving: a device's port at the end of a network: a plain socket, or pyserial's RFC 2217 server.

In:  the path of a port.
Out: a URL that pyserial opens; what was done to its lines.
Never: anything between the bytes: they pass as they are.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import serial
from serial import rfc2217


class _Adapter(serial.Serial):
    """A port that counts what is done to its lines; a pty has none."""

    def _update_rts_state(self) -> None:
        self.levels.append(("rts", self._rts_state))

    def _update_dtr_state(self) -> None:
        self.levels.append(("dtr", self._dtr_state))

    levels: list[tuple[str, bool]]
    cts = dsr = ri = cd = False


@contextmanager
def served(path: str, *, plain: bool = False) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """The URL of a port in the network, and the levels of its lines as they were set."""
    levels: list[tuple[str, bool]] = []
    server = socket.create_server(("127.0.0.1", 0))
    kind = "socket" if plain else "rfc2217"
    connections: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            connection, _ = server.accept()
            with connection:
                connections.append(connection)
                _talk(connection, path, levels, plain)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{kind}://127.0.0.1:{server.getsockname()[1]}", levels
    finally:
        for one in (server, *connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _talk(
    connection: socket.socket, path: str, levels: list[tuple[str, bool]], plain: bool
) -> None:
    _Adapter.levels = levels
    with _Adapter(path, timeout=0.01, exclusive=True) as port:
        levels.clear()
        lock = threading.Lock()

        class Write:
            @staticmethod
            def write(data: bytes) -> None:
                with lock:
                    connection.sendall(data)

        manager = None if plain else rfc2217.PortManager(port, Write)
        ended = threading.Event()

        def out() -> None:
            while not ended.is_set():
                with suppress(OSError, TypeError):
                    if data := port.read(port.in_waiting or 1):
                        Write.write(b"".join(manager.escape(data)) if manager else data)

        reader = threading.Thread(target=out, daemon=True)
        reader.start()
        with suppress(OSError):
            while data := connection.recv(4096):
                port.write(b"".join(manager.filter(data)) if manager else data)
        ended.set()
        reader.join()
