"""Learning: what a connectome changes while it runs, as values.

In:  a front end that has read plastic rules, memory areas and twins; or a file's header.
Out: PlasticRule, MemoryArea, Twin, and Learning that holds them; by `Connectome` area indices.
Never: runs anything; holds state (that is the references' and the device's).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_WEIGHT = 255
"""A plastic weight stays in 0..255, as FEAGI stores it."""

FEAGI_MEMORY_CAPACITY = 50_000
"""Living memory neurons of all areas together, in FEAGI."""


@dataclass(frozen=True, slots=True)
class PlasticRule:
    """How the synapses from one area to another change.

    After the firing of a burst, for every synapse s -> t from `source` to `target`: if both
    neurons fired in every one of the last `window` bursts, its weight grows by `strengthen`; else,
    if either fired in any of them, it shrinks by `weaken`; both saturate at 0 and 255.
    """

    source: int  # area index
    target: int
    window: int  # bursts, at least 1
    strengthen: int  # 0..255 per burst
    weaken: int
    associative: bool = False
    """Also creates the synapse that is missing between two neurons that fired as above."""
    psp: int = 1  # of synapses it creates; their weight is `strengthen`
    inhibitory: bool = False

    @staticmethod
    def steps(constant: int, ltp: int, ltd: int) -> tuple[int, int]:
        """`strengthen` and `weaken` of FEAGI's constants: products limited to 0..255."""
        return _limited(constant * ltp), _limited(constant * ltd)


@dataclass(frozen=True, slots=True)
class MemoryArea:
    """An area whose neurons each stand for one pattern that its upstream areas showed.

    The pattern of a burst is what fired in `upstream`, area by area, in the last `depth` bursts.
    """

    area: int  # area index
    depth: int  # bursts, at least 1
    upstream: tuple[int, ...]  # area indices, in the order in which they enter the pattern
    init_lifespan: int  # bursts; 0 = immortal
    growth: int  # added to the lifespan when the pattern comes again, u32
    longterm_threshold: int  # a lifespan from which on a neuron stays for ever
    first: int = 0
    slots: int = 0
    """Connectome neurons first..first + slots - 1 are the places of its memory neurons. Without
    any, memory neurons are numbered behind the connectome's, and never end (FEAGI)."""


@dataclass(frozen=True, slots=True)
class Twin:
    """An area in which a memory area plays back what it saw in one upstream area.

    Each spike of a frame adds `potential` to the twin's neuron of the same voxel: `shown[i]` is
    an upstream neuron and `played[i]` that neuron. Upstream neurons without one are left out.
    """

    memory_area: int  # area index
    upstream: int
    twin: int
    potential: float  # float32
    shown: NDArray[np.int64]
    played: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Learning:
    """Everything that changes while a connectome runs. At most one rule per pair of areas."""

    rules: tuple[PlasticRule, ...] = ()
    memory_areas: tuple[MemoryArea, ...] = ()
    twins: tuple[Twin, ...] = ()
    memory_capacity: int = FEAGI_MEMORY_CAPACITY
    fatigue_area: int | None = None

    def __bool__(self) -> bool:
        return bool(self.rules or self.memory_areas)

    def plain(self) -> dict[str, Any]:
        """All of it as JSON has it; `of_plain` reads it back."""
        twins = [
            {**asdict(t), "shown": t.shown.tolist(), "played": t.played.tolist()}
            for t in self.twins
        ]
        return {
            "rules": [asdict(rule) for rule in self.rules],
            "memory_areas": [asdict(area) for area in self.memory_areas],
            "twins": twins,
            "memory_capacity": self.memory_capacity,
            "fatigue_area": self.fatigue_area,
        }

    @staticmethod
    def of_plain(value: dict[str, Any]) -> "Learning":
        """Raises KeyError, TypeError or ValueError if the value is not what `plain` gives."""
        return Learning(
            rules=tuple(PlasticRule(**rule) for rule in value["rules"]),
            memory_areas=tuple(
                MemoryArea(**{**area, "upstream": tuple(area["upstream"])})
                for area in value["memory_areas"]
            ),
            twins=tuple(
                Twin(
                    **{
                        **twin,
                        "shown": np.array(twin["shown"], dtype=np.int64),
                        "played": np.array(twin["played"], dtype=np.int64),
                    }
                )
                for twin in value["twins"]
            ),
            memory_capacity=int(value["memory_capacity"]),
            fatigue_area=value["fatigue_area"],
        )

    def fault(self, area_of: NDArray[np.int32], n_areas: int) -> str | None:
        """What contradicts the connectome of these neurons, or None."""
        n = len(area_of)
        if len({(r.source, r.target) for r in self.rules}) != len(self.rules):
            return "two plastic rules join the same areas"
        for rule in self.rules:
            whole = (rule.window, rule.strengthen, rule.weaken, rule.psp)
            if not all(isinstance(x, int) and x >= 0 for x in whole) or not rule.window:
                return f"a plastic rule has the numbers {whole}"
            if max(rule.strengthen, rule.weaken, rule.psp) > LARGEST_WEIGHT:
                return f"a plastic rule has the numbers {whole}"
            if not 0 <= rule.source < n_areas or not 0 <= rule.target < n_areas:
                return f"a plastic rule joins the areas {rule.source} and {rule.target}"
        for memory in self.memory_areas:
            areas = (memory.area, *memory.upstream)
            if not all(0 <= a < n_areas for a in areas) or not memory.upstream or memory.depth < 1:
                return f"a memory area is made of the areas {areas}"
            if memory.first < 0 or memory.slots < 0 or memory.first + memory.slots > n:
                return f"a memory area has the neurons {memory.first}..+{memory.slots} of {n}"
            if min(memory.init_lifespan, memory.growth, memory.longterm_threshold) < 0:
                return "a memory area has a lifespan below zero"
        for twin in self.twins:
            both = np.concatenate([twin.shown, twin.played])
            if len(twin.shown) != len(twin.played) or (
                both.size and not 0 <= int(both.min()) <= int(both.max()) < n
            ):
                return "a twin plays neurons that are not there"
        return None

    def kept(self, area_of: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(n,) neurons that matter even without a synapse: what an associative rule may join, what
        a memory area looks at, its places, and what a twin plays."""
        areas = {a for r in self.rules if r.associative for a in (r.source, r.target)}
        areas |= {up for m in self.memory_areas for up in m.upstream}
        mask: NDArray[np.bool_] = np.isin(area_of, sorted(areas))
        for memory in self.memory_areas:
            mask[memory.first : memory.first + memory.slots] = True
        for twin in self.twins:
            mask[twin.played] = True
        return mask

    def places(self, n: int) -> NDArray[np.bool_]:
        """(n,) the places of memory neurons."""
        mask = np.zeros(n, dtype=np.bool_)
        for memory in self.memory_areas:
            mask[memory.first : memory.first + memory.slots] = True
        return mask

    def reached(self, area_of: NDArray[np.int32]) -> NDArray[np.bool_]:
        """(n,) neurons that learning can reach, and places of memory, which nothing feeds."""
        mask = self.places(len(area_of))
        for rule in self.rules:
            if rule.associative:
                mask |= area_of == rule.target
        for twin in self.twins:
            mask[twin.played] = True
        return mask

    def changes(
        self, from_area: NDArray[np.int32], to_area: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Of synapses between these areas, those that a rule changes."""
        mask = np.zeros(len(from_area), dtype=np.bool_)
        for rule in self.rules:
            mask |= (from_area == rule.source) & (to_area == rule.target)
        return mask

    def rule_of(self, source_area: int, target_area: int) -> PlasticRule | None:
        """The rule that changes the synapses from one area to another."""
        for rule in self.rules:
            if (rule.source, rule.target) == (source_area, target_area):
                return rule
        return None


def whole_growth(growth: float) -> int:
    """FEAGI's lifespan growth as it counts: truncated, saturating in u32, NaN is 0."""
    if not growth > 0:
        return 0
    return 0xFFFF_FFFF if growth >= 2**32 else int(growth)


def _limited(product: int) -> int:
    return max(0, min(LARGEST_WEIGHT, product))
