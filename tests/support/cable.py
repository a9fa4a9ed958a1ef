"""A cable that loses frames, between a port and whoever opens the other end.

In:  the path of a pty; the share of frames that do not arrive, each way; a seed.
Out: the path of another pty; how many frames were lost.
Never: cuts a frame in two: what arrives is whole.
"""

import os
import pty
import random
import selectors
import threading
import tty


class LossyCable:
    """Use it as a context manager."""

    def __init__(self, path: str, share: float, seed: int) -> None:
        self.lost = 0
        self._pick = random.Random(seed)
        self.share = share
        self._far = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self._near, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._held = {self._far: b"", self._near: b""}
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for source in (self._far, self._near):
                selector.register(source, selectors.EVENT_READ)
            while not self._closing:
                for key, _ in selector.select(0.05):
                    sink = self._near if key.fd == self._far else self._far
                    data = self._held[key.fd] + os.read(key.fd, 65536)
                    *strings, self._held[key.fd] = data.split(b"\0")
                    for string in strings:
                        if string and self._pick.random() < self.share:
                            self.lost += 1
                        else:
                            os.write(sink, string + b"\0")

    def __enter__(self) -> "LossyCable":
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._thread.join()
        for descriptor in (self._far, self._near, self._slave):
            os.close(descriptor)
