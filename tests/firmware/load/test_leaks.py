"""load/leaks.py: what is left of a potential, looked up: which populations get a table, and which.

They are random, of the sizes at which a table begins to be worth its memory.
"""

import random
import struct

from tests.support.merging import EACH, tables, words
from tests.support.populations import EVERY_BURST
from tests.support.questions import at_random

SEED = 14
NETS = 150
LEFT = 32768  # bytes that stay free
ASK = """
import binascii, struct
from array import array
from ganglion.load import leaks
class Net: pass
class Heap:
    def collect(self): pass
    def mem_free(self): return self.free + leaks.heap.OBJECTS + leaks.heap.RUN
def answer(data):
    net = Net()
    count, free = struct.unpack_from("<Hi", data)
    leaks.gc = Heap()
    leaks.gc.free = free
    net.n_populations = count
    net.kinds = data[6 : 6 + count]
    words = struct.unpack_from("<" + "i" * (6 * count), data, 6 + count)
    net.populations = array("i", bytes(128 * count))
    for i in range(6 * count):
        net.populations[i // 6 * 32 + (0, 1, 3, 4, 5, 6)[i % 6]] = words[i]
    whole = net.populations
    leaks.load(net)
    fed = net.populations is not whole
    return count, fed, binascii.hexlify(bytes(net.populations)).decode()
"""


class Net:
    def __init__(self, chance: random.Random) -> None:
        one = chance.choice
        self.rows: list[tuple[int, ...]] = []
        self.kinds = bytearray()
        for _ in range(one((1, 2, 3, 5))):
            if self.rows and chance.random() < 0.3:
                threshold, leak, half, shift = chance.choice(self.rows)[2:]
            else:
                threshold = one((1, 2, 31, 32, 33, 160, 8000, 8190, 16300, 16383, 16384, 16385))
                leak = one((0, 0, 1, 500, 16384, 30000))
                shift = one((14, 15, 16, 20)) if leak else 0
                leak = min(leak, 1 << shift)
                half = 1 << shift - 1 if leak else 0
                if leak and chance.random() < 0.2:
                    leak = half = shift = 0
            need = -(-threshold // EACH)  # neurons that a table is worth
            count = max(1, need + one((-1, 0, 0, 1)))
            if chance.random() < 0.3:
                count = one((1, 2, 600))
            first = self.rows[-1][1] if self.rows else one((0, 7))
            self.rows.append((first, first + count, threshold, leak, half, shift))
            self.kinds.append(one((EVERY_BURST,) * 5 + (1, 2, 3, 4, 6)))
        size = 32 * len(self.rows) + sum(map(words, tables(self.kinds, self.rows)))
        self.free = one((1 << 30, 1 << 30, 8 * size + LEFT, 8 * size + LEFT - 1))

    def sent(self) -> bytes:
        numbers = [word for row in self.rows for word in row]
        head = struct.pack("<Hi", len(self.rows), self.free) + self.kinds
        return head + struct.pack(f"<{len(numbers)}i", *numbers)

    def answer(self) -> str:
        kept = tables(self.kinds, self.rows)
        size = 32 * len(self.rows) + sum(map(words, kept))
        if self.free < 8 * size + LEFT:
            kept = []
        places, data = {}, b""
        for key in kept:
            places[key] = 128 * len(self.rows) + len(data)
            threshold, leak, half, shift = key
            for y in range(threshold + threshold % 2):
                lost = (y * leak + half) >> shift
                if leak and y and not lost:
                    lost = 1
                data += struct.pack("<H", y - lost)
        rows = b""
        for kind, (first, stop, *key) in zip(self.kinds, self.rows, strict=True):
            at = places.get(tuple(key), 0) if kind == EVERY_BURST else 0
            threshold, leak, half, shift = key
            row = [first, stop, 0, threshold, leak, half, shift, *[0] * 6, at, *[0] * 18]
            rows += struct.pack("<32i", *row)
        return f"{len(self.rows)} {bool(kept)} {(rows + data).hex()}"


nets, question, told = at_random(ASK, Net, NETS, SEED)


def test_a_table_has_what_the_leak_leaves_of_each_potential_and_lies_where_its_rows_say(told):
    wrong = [vars(net) for net, said in told if said != net.answer()]
    assert wrong == [], f"of the nets of seed {SEED}"
    without = sum(" False " in said for _, said in told)
    assert NETS / 5 < without < NETS * 4 / 5
