"""Populations at random: of the values at which a rule of SPEC 5.3 or a choice of the board turns.

In:  a source of chance.
Out: records, whether SPEC 5.3 allows them, and the rows that load/populations.py describes.
Never: asks the board.
"""

import random
import struct
from array import array

from tests.support.blobs import ACC, ALWAYS, AT, EVERY, LAYER, MPD, PLACED, UPPER, VARY

FAR = 2**30
CALM, TOUCHED, LIMITED, GENERAL, EVERY_BURST, GENERAL_EVERY = range(1, 7)
REFRACTORY = {"refractory": 1, "snoozed": 1}
FORM = "<HHHHiiiHBBHHHhIiiiI"
ORDER = sorted(AT, key=lambda name: AT[name][0])


class Net:
    """Populations as a blob has them, and what of the header their rules are about."""

    def __init__(self, chance: random.Random) -> None:
        self.wide = chance.random() < 0.6
        self.populations: list[dict[str, int]] = []
        self.offsets: list[list[int]] = []
        for _ in range(chance.randint(1, 6)):
            self._add(chance)
        self.n = self.stop()
        self.areas = self.populations[-1]["area"] + 1
        self.power, self.amount = 0xFFFFFFFF, 0
        self.cut = 0  # bytes that the records have too few
        if chance.random() < 0.2:
            powered = chance.choice(self.populations)
            self.power = powered["first"] + chance.choice((0, powered["count"] - 1))
            self.amount = chance.choice((0, 1, powered["input_max"], powered["input_max"] + 1))
            self.amount = min(self.amount, 2**31 - 1)
        elif chance.random() < 0.6:
            self._spoil(chance)

    def stop(self) -> int:
        last = self.populations[-1] if self.populations else {"first": 0, "count": 0}
        return last["first"] + last["count"]

    def _add(self, chance: random.Random) -> None:
        one = chance.choice
        flags = one((ALWAYS, ALWAYS, ALWAYS, 0, UPPER, UPPER | ALWAYS, VARY | ALWAYS))
        flags |= one((0, ACC, ACC)) | one((0, 0, EVERY)) | one((0, 0, 0, MPD)) | one((0, PLACED))
        p = dict.fromkeys(ORDER, 0)
        layer = chance.random() < 0.05
        if layer:
            flags = ALWAYS | ACC | EVERY | LAYER | one((0, PLACED))
        p["flags"], p["first"], p["count"] = flags, self.stop(), one((1, 2, 3, 4, 5, 30))
        before = self.populations[-1]["area"] if self.populations else 0
        p["area"] = before + (one((0, 1)) if self.populations else 0)
        p["threshold"] = one((-1, 0, 1, 2, 1000, FAR, -FAR))
        p["upper"] = one((-5, 5)) if flags & UPPER else 0
        if not layer:
            if flags & ACC and chance.random() < 0.5:
                p["shift"] = one((14, 15, 16, 17, 30))
                p["leak"] = one((1, 77, 16383, 16384, 16385, 20000, 32767))
                p["leak"] = min(p["leak"], 1 << p["shift"])
                if self.wide and p["leak"] >= 16384:
                    p["fine"] = one((-16384, -1, 0, 1, 16383))
                    if p["leak"] == 1 << p["shift"]:
                        p["fine"] = min(p["fine"], 0)
            p["refractory"] = p["snoozed"] = one((0, 0, 0, 1, 255, 256, 65535))
            p["limit"] = one((0, 0, 0, 1, 127, 128, 65535))
            if p["limit"]:
                p["snoozed"] = one((p["snoozed"], 65535))
            if not flags & ALWAYS:
                p["excitability"] = one((0, 1, 2**31, 2**32 - 1))
                p["id"] = one((0, 1, 2**31, 2**32 - 1)) if p["excitability"] else 0
            p["psp_bits"] = one((0, 1, 22)) if flags & MPD else 0
        if flags & ACC:
            p["low"] = one((0, -1, 1 - 2**31))
            near = max(0, p["threshold"] - one((0, 1, 2)))
            p["high"] = one((0, near, near, 2**31 - 1))
        p["input_max"] = one((0, 1, 7, 2**31 - 1))
        offsets = []
        if flags & VARY:
            p["count"] = max(2, p["count"])
            least, most = one(((0, 1), (0, 127), (-1, 127), (-128, 127)))
            offsets = [least, most] + [one((least, most)) for _ in range(p["count"] - 2)]
            p["step"] = one((1, 1000))
            ends = FAR - most * p["step"], -FAR - least * p["step"]
            p["threshold"] = one((1, *ends))
        self.populations.append(p)
        self.offsets.append(offsets)

    def _spoil(self, chance: random.Random) -> None:
        """One change, of which it is not said here whether it breaks a rule."""
        number = chance.randrange(len(self.populations))
        p, offsets = self.populations[number], self.offsets[number]
        often = ("threshold", "leak", "shift", "fine", "psp_bits")
        others = (
            *["offset", "end", "end"] * 3,
            "n",
            "areas",
            "cut",
            "area 1",
            "layer",
            "256",
            "offsets",
        )
        name = chance.choice([*ORDER, *often, *often, *others])
        varied = [i for i, of in enumerate(self.offsets) if of]
        if varied and (name == "offset" or (name == "end" and chance.random() < 0.5)):
            number = chance.choice(varied)
            p, offsets = self.populations[number], self.offsets[number]
        if name == "end":  # a threshold just beyond what is allowed
            ends = offsets or [0]
            most, least = max(ends) * p["step"], min(ends) * p["step"]
            p["threshold"] = chance.choice((FAR - most + 1, -FAR - least - 1))
            p["high"] = 2**31 - 1 if p["flags"] & ACC else 0
        elif name == "offset" and offsets:
            new = chance.choice(((0, 0), (-1, 126), (-128, 126), (1, 2), (127, 127), (-128, -128)))
            offsets[:] = [new[i % 2] for i in range(len(offsets))]
            if chance.random() < 0.3:
                offsets[0] = chance.choice((-128, -1, 0, 1, 127))
        elif name == "offsets":
            offsets[:] = chance.choice((offsets[1:], [*offsets, 0]))
        elif name == "area 1":  # none is in the first
            self.areas += 1
            for one in self.populations:
                one["area"] += 1
        elif name == "layer":
            some = chance.choice(({}, {"leak": 1, "shift": 30}, {"limit": 1}, REFRACTORY))
            kept = {k: p[k] for k in ("first", "count", "area", "input_max")}
            offsets.clear()
            p |= dict.fromkeys(ORDER, 0) | kept | {"flags": LAYER | EVERY | ALWAYS | ACC} | some
        elif name == "256":  # a flag that is none, and nothing else
            offsets.clear()
            kept = {k: p[k] for k in ("first", "count", "area")}
            p |= dict.fromkeys(ORDER, 0) | kept | {"flags": 256}
        elif name == "flags":
            p["flags"] ^= 1 << chance.randrange(9)
        elif name == "offset":
            pass
        elif name in ("n", "areas"):
            setattr(self, name, getattr(self, name) + chance.choice((-1, 1)))
        elif name == "cut":
            self.cut = chance.choice((-1, 1))
        else:
            form = AT[name][1]
            bits = 8 * struct.calcsize(form)
            low, high = (-(1 << bits - 1), 1 << bits - 1) if form.islower() else (0, 1 << bits)
            edges = {
                "leak": (1, 16383, 16384, 32767, 32768), "shift": (0, 13, 14, 15, 30, 31),
                "psp_bits": (1, 22, 23), "threshold": (FAR + 1, -FAR - 1), "limit": (0, 1),
                "fine": (-16385, -16384, 1, 16383, 16384), "step": (-1, 0, 1, 2),
            }.get(name, ())  # fmt: skip
            value = chance.choice((0, p[name] - 1, p[name] + 1, low, high - 1, *edges))
            p[name] = min(high - 1, max(low, value))

    def records(self) -> bytes:
        """POPULATIONS."""
        return b"".join(struct.pack(FORM, *map(p.get, ORDER)) for p in self.populations)

    def sent(self) -> bytes:
        records = self.records()
        records = records[:-1] if self.cut < 0 else records + bytes(self.cut)
        offsets = self.varied()
        head = self.wide, self.n, self.power, self.amount, self.areas, len(self.populations)
        return struct.pack("<BIIiHHHH", *head, len(records), len(offsets)) + records + offsets

    def varied(self) -> bytes:
        """THRESHOLDS."""
        return bytes(o & 255 for offsets in self.offsets for o in offsets)

    def refusal(self) -> str:
        """By SPEC 5.3: "" if all is as it says."""
        stop = area = varied = 0
        for number, p in enumerate(self.populations):
            if p["first"] != stop or not area <= p["area"] < min(
                self.areas, area + 1 + (number > 0)
            ):
                return "21 1"
            if not self.allowed(p):
                return "21 1"
            stop, area = stop + p["count"], p["area"]
            varied += p["count"] if p["flags"] & VARY else 0
            if p["first"] <= self.power < stop and not 1 <= self.amount <= p["input_max"]:
                return "21 0"
        if stop != self.n or area != self.areas - 1 or self.cut:
            return "21 1"
        offsets = [o for some in self.offsets for o in some]
        if varied != len(offsets):
            return "21 2"
        for p in self.populations:
            mine = [0]
            if p["flags"] & VARY:
                mine, offsets = offsets[: p["count"]], offsets[p["count"] :]
                if len(set(mine)) == 1 or min(mine) != -max(0, max(mine) - min(mine) - 127):
                    return "21 1"
            if any(abs(p["threshold"] + o * p["step"]) > FAR for o in mine):
                return "21 1"
        return ""

    def allowed(self, p: dict[str, int]) -> bool:
        """Whether its record alone is as SPEC 5.3 says."""
        flags = p["flags"]
        acc, always = flags & ACC, flags & ALWAYS
        scale = p["shift"] + 15
        return all((
            p["count"], flags < 256, p["input_max"] >= 0,
            p["step"] >= 1 if flags & VARY else p["step"] == 0,
            flags & UPPER or p["upper"] == 0,
            p["leak"] <= 32767, acc or p["leak"] == 0,
            14 <= p["shift"] <= 30 if p["leak"] else p["shift"] == 0,
            (p["leak"] << 15) + p["fine"] <= 1 << scale or not p["leak"],
            p["fine"] == 0 or (self.wide and p["leak"] >= 16384 and abs(2 * p["fine"] + 1) < 2**15),
            p["psp_bits"] <= 22 if flags & MPD else p["psp_bits"] == 0,
            p["snoozed"] >= p["refractory"] if p["limit"] else p["snoozed"] == p["refractory"],
            not always or p["excitability"] == 0,
            p["id"] == 0 or (not always and p["excitability"]),
            -(2**31) < p["low"] <= 0 <= p["high"], acc or p["low"] == p["high"] == 0,
            not flags & LAYER or (flags | PLACED == ALWAYS | ACC | EVERY | LAYER | PLACED
            and not (p["leak"] or p["refractory"] or p["limit"])),
        ))  # fmt: skip

    def answer(self) -> str:
        """What a board says of it: the refusal, or the rows as the module describes them."""
        if said := self.refusal():
            return said
        rows, kinds, counts = self.rows()
        table = array("i", [word for row in rows for word in row])
        offsets = self.varied()
        offsets += bytes(-len(offsets) % 4)
        psp = any(p["flags"] & MPD for p in self.populations)
        words = len(kinds), int(psp), *counts
        parts = table.tobytes().hex(), kinds.hex(), offsets.hex() or "-", *map(str, words)
        return " ".join(parts)

    def rows(self) -> tuple[list[list[int]], bytes, tuple[int, ...]]:
        """32 words of each population, and the kind of each; how many neurons have a tally, a
        countdown of 8 or 16 bits, consecutive fires of 16."""
        rows, kinds = [], bytearray()
        varied = tallied = counted = long_counted = long_limited = 0
        for p in self.populations:
            kind, size, first = self.kernel(p), p["count"], p["first"]
            limit, snoozed = p["limit"], p["snoozed"]
            tally = has_tally(p)
            counts = 0 if not snoozed else 1 if snoozed < 256 else 2
            leak, shift, half = p["leak"], p["shift"], 1 << p["shift"] >> 1 if p["leak"] else 0
            small = _smallest(leak, shift, p["fine"]) if leak else 0
            if kind in (TOUCHED, LIMITED, EVERY_BURST):  # the leak is of all that is kept
                if not p["flags"] & ACC:
                    leak = 32768 if self.wide else 1
                elif leak and self.wide:
                    half, shift = half >> 15, shift - 15
            last = tallied + size - 1
            spans = (p["step"], p["upper"], first - varied, first - long_limited)
            if kind in (TOUCHED, LIMITED):  # the words that the tallies are in, and what is in them
                after = (last + 1) % 4
                spans = (
                    tallied // 4 * 4, 256 ** (tallied % 4) - 1, last // 4 * 4,
                    -(256**after) if after else 0,
                )  # fmt: skip
            countdowns = long_counted if counts == 2 else counted
            row = (
                first, first + size, p["flags"], p["threshold"], leak, half, shift, 0,
                counts, p["refractory"], first - countdowns, -p["low"],
                p["high"], *spans[:3], limit, spans[3], snoozed,
                p["excitability"], p["id"] - first, p["psp_bits"], p["input_max"],
                min(small, p["threshold"]), first - tallied, p["fine"] + 32768, 0, small, 0, 0,
                int(tally), p["area"],
            )  # fmt: skip
            rows.append([_signed(word) for word in row])
            kinds.append(kind)
            varied += size if p["flags"] & VARY else 0
            tallied += size if tally else 0
            counted += size if counts == 1 else 0
            long_counted += size if counts == 2 else 0
            long_limited += size if limit > 127 else 0
        return rows, bytes(kinds), (tallied, counted, long_counted, long_limited)

    def kernel(self, p: dict[str, int]) -> int:
        """The cheapest that does all that is asked."""
        flags = p["flags"]
        every = flags & EVERY
        if flags & LAYER:
            return CALM
        if (
            not _one_threshold(p) or p["snoozed"] > 255 or p["limit"] > 127
            or (flags & ACC and p["high"] < p["threshold"] - 1)
            or (self.wide and 0 < p["shift"] < 16)
            or (every and (p["limit"] or p["threshold"] == 0))
        ):  # fmt: skip
            return GENERAL_EVERY if every else GENERAL
        return EVERY_BURST if every else LIMITED if p["limit"] else CALM if _calm(p) else TOUCHED


def records_of(data: bytes) -> list[dict[str, int]]:
    """Those of POPULATIONS."""
    return [dict(zip(ORDER, words, strict=True)) for words in struct.iter_unpack(FORM, data)]


def has_tally(p: dict[str, int]) -> bool:
    return 0 < p["limit"] < 128 or not (p["flags"] & EVERY or _calm(p))


def _one_threshold(p: dict[str, int]) -> bool:
    """Whether it alone decides, and is not below 0."""
    return p["flags"] & (UPPER | ALWAYS | MPD | VARY) == ALWAYS and p["threshold"] >= 0


def _calm(p: dict[str, int]) -> bool:
    """Whether nothing happens in a neuron that gets nothing, and nothing is counted."""
    busy = p["flags"] & EVERY or p["limit"] or p["snoozed"] or p["leak"]
    return _one_threshold(p) and p["threshold"] > 0 and not busy


def _smallest(leak: int, shift: int, fine: int) -> int:
    """The smallest potential of which the leak does not round to nothing (SPEC 2)."""
    low, high = 0, 2**31  # the leak of the first rounds to nothing, of the other not
    while high - low > 1:
        y = (low + high) // 2
        if y * leak + (y >> 15) * fine >= 1 << shift - 1:
            high = y
        else:
            low = y
    return high


def _signed(word: int) -> int:
    return (word + 2**31) % 2**32 - 2**31
