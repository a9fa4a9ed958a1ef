"""Pages: rows of synapses that stay in the file, read as their sources fire.

In:  a Net whose rows found no room in memory; the fired set; what `deliver_rows` is given.
Out: what that kernel does, page after page; a cache of as many pages as the heap has room for.
Never: allocates after it is made, or reads a page of which no source fired.
"""

import gc
from array import array

from micropython import const

from . import guard, heap
from .kernel import common

_MOST = const(64)  # pages in memory


class Pages:
    """`run` takes the place of the kernel. `read` counts the pages that were read."""

    def __init__(self, net, kernel, fired, given):
        self._net = net
        self._kernel = kernel
        self._fired = fired
        self._given = given  # two words an argument: those of one page change
        self._first_word = (given[1] << 32) + (given[0] & 0xFFFFFFFF)
        self._first = net.first_page
        self._end = net.first_page + net.n_pages
        self._size = len(net.page)
        self._frames = [net.page]
        gc.collect()
        room = gc.mem_free() - heap.OBJECTS if hasattr(gc, "mem_free") else 0
        try:
            for _ in range(min(_MOST, net.n_pages, room // (self._size + 32)) - 1):
                self._frames.append(bytearray(self._size))
        except MemoryError:  # free, but not in one piece
            self._frames.pop()
        self._held = array("H", [0xFFFF] * len(self._frames))  # the page in each frame
        self._bounds = array("I", (0, 0))  # of a page, in the stream
        self._pair = array("I", (0, 1))  # the kernel's table of one page that has rows
        given[6], given[7] = 1, 0
        self._pair_at = common.address(given)
        table = common.address(self._pair)
        given[8], given[9] = table, table >> 32
        self.read = 0

    def run(self, _):
        """The kernel, once for each page of which a source fired."""
        frames, held = self._frames, self._held
        given = self._given
        page = common.next_word(self._fired, self._first, self._end)
        while page < self._end:
            at = page % len(frames)
            frame = frames[at]
            if held[at] != page:
                held[at] = 0xFFFF
                guard.feed()  # a burst that reads them all takes seconds
                self._load(page - self._first, frame)
                held[at] = page
            word = self._first_word + 4 * (page - self._first)
            given[0], given[1] = word, word >> 32
            word = common.address(frame)
            given[2], given[3] = word, word >> 32
            given[20] = 32 * page
            self._kernel(self._pair_at)
            page = common.next_word(self._fired, page + 1, self._end)

    def _load(self, i, frame):
        net, bounds = self._net, self._bounds
        net.file.seek(net.pages_at + 4 * i)
        net.file.readinto(bounds)
        size = bounds[1] - bounds[0]
        if size:
            net.file.seek(net.stream_at + bounds[0])
            net.file.readinto(frame, size)
        else:
            common.clear(frame, 16)  # 32 neurons without a row
        self.read += 1
