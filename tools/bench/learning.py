"""Bench of learning: what changing a plastic synapse costs in a burst, beside textbook C.

In:  two areas of 200 neurons that a random stimulus reaches, joined by 4,000 plastic synapses;
     two of 64 with an associative rule, whose block has a place for each of 4,096 pairs; an area of
     64 neurons that a memory area watches.
Out: RV32 instructions per plastic synapse (or pair) and burst, exact, by mpy-cross and by us; of
     learn.c by gcc -O2; of a memory area per burst; as Markdown tables. What was learnt is compared
     with the reference's.
Never: a time; a figure of runs that learnt other weights.

`python -m tools.bench.learning`. Needs unicorn, and riscv64-unknown-elf-gcc for C.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from ganglion.analysis.bench.cost import count
from ganglion.analysis.bench.machine import BACK_ENDS
from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.learning import Learning, MemoryArea, PlasticRule
from ganglion.connectome.model import Area, Connectome
from ganglion.connectome.slots import with_slots
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from tools.bench.baseline.core import HEAP, Core, available

NEURONS, FAN_OUT, BURSTS, WARM_UP = 200, 20, 20, 10
SIDE, SLOTS = 64, 64  # neurons of an area of a block, or that a memory watches; its places
KINDS = ("listed", "block", "memory")
OURS = ("history", "change", "remember")


def network(window: int, kind: str = "listed") -> Connectome:
    """Two input areas; every synapse from the first to the second is plastic, or ("block") comes
    to exist by an associative rule; or ("memory") the second has one for each of the first."""
    rng = np.random.default_rng(1)
    each = NEURONS if kind == "listed" else SIDE
    n = 2 * each
    areas = tuple(
        Area(
            id=name, name=name, group="IPU", dimensions=(each, 1, 1), neurons_per_voxel=1,
            position=(0, 0, 0), first=first, count=each, mp_charge_accumulation=False,
            mp_driven_psp=False, psp_uniform=True,
        )
        for name, first in (("i_from__", 0), ("i_to____", each))
    )  # fmt: skip
    fan_out = FAN_OUT if kind == "listed" else 0
    targets = [np.sort(rng.choice(each, fan_out, replace=False)) for _ in range(each)]
    m = each * fan_out
    zeros = np.zeros(n, np.float32)
    learning = Learning(rules=(PlasticRule(0, 1, window, 3, 2, associative=kind == "block"),))
    if kind == "memory":
        learning = Learning(memory_areas=(MemoryArea(1, window, (0,), 9, 1, 100),))
    made = Connectome(
        genome_id="bench", title="bench of learning", precision="int8", timestep=0.01, areas=areas,
        power_neuron=None, area=np.repeat([0, 1], each).astype(np.int32),
        threshold=np.ones(n, np.float32), threshold_limit=zeros, leak=zeros,
        refractory_period=np.zeros(n, np.uint16), consecutive_fire_limit=np.zeros(n, np.uint16),
        snooze=np.zeros(n, np.uint16), excitability=np.ones(n, np.float32),
        source=np.repeat(np.arange(each), fan_out).astype(np.int32),
        target=(np.concatenate(targets) + each).astype(np.int32),
        weight=rng.integers(0, 256, m).astype(np.uint8), psp=np.ones(m, np.uint8),
        inhibitory=np.zeros(m, np.bool_), projection=np.zeros(m, np.int32),
        projections=((0, 1, "bench"),),
    )  # fmt: skip
    return with_slots(made, learning, SLOTS)


def ours(brain: Brain, stimulus: RandomStimulus, back_end: str) -> float:
    """Instructions of L1 to L4 per burst; every digest is the reference's."""
    counted = count(
        brain.network, brain.blob, stimulus, BURSTS, WARM_UP, back_end=back_end
    ).functions
    return sum(n for name, n in counted.items() if name.split(".")[-1] in OURS) / BURSTS


class Textbook:
    """learn.c in a core."""

    def __init__(self, brain: Brain) -> None:
        learning = brain.network.learning
        rule, projection = learning.rules[0], learning.projections[0]
        self.core = core = Core("learn.c", head=64)
        n = int(brain.network.populations[0].stop)
        assert brain.network.n_neurons == 2 * n
        history = bytes(np.full(n, -rule.window, np.int8))
        self._fired = [core.put(bytes(n)), core.put(bytes(n))]
        histories = [core.put(history), core.put(history)]
        rows = core.put(projection.begin.astype("<u4").tobytes())
        target = core.put((projection.target.astype(np.int64) - n).astype("<u2").tobytes())
        self._weight = core.put(projection.weight.tobytes())
        self._places = projection.places
        present = core.put(projection.present.tobytes()) if len(projection.present) else 0
        words = (0, n, n, rule.window, rule.up, rule.down, *self._fired, *histories,
                 rows, target, self._weight, present)  # fmt: skip
        self._neurons = 2 * n
        core.write(HEAP, struct.pack(f"<{len(words)}I", *words))

    def burst(self, fired: "np.ndarray[Any, np.dtype[np.int64]]") -> None:
        bits = np.zeros(self._neurons, np.uint8)
        bits[fired] = 1
        for at, part in zip(self._fired, np.split(bits, 2), strict=True):
            self.core.write(at, part.tobytes())
        self.core.burst()

    def weights(self) -> bytes:
        return self.core.read(self._weight, self._places)


def textbook(brain: Brain, stimulus: RandomStimulus) -> float:
    """Instructions of learn.c per burst."""
    c = Textbook(brain)
    reference, stream = Reference(brain.network), StimulusStream(brain.network, stimulus)
    for burst in range(WARM_UP + BURSTS):
        if burst == WARM_UP:
            c.core.instructions = 0
        reference.step(stream.draw())
        c.burst(reference.fired)
    assert reference.learns is not None
    if c.weights() != reference.learns.projections[0].weight.astype(np.uint8).tobytes():
        raise SystemExit("learn.c learnt other weights than the reference")
    return c.core.instructions / BURSTS


def rows(kind: str) -> Iterator[tuple[str, ...]]:
    """A table's rows, the first of headings."""
    yield ("firing", "window", *(f"by {end}" for end in BACK_ENDS), "textbook C",
           *(f"{end} over C" for end in BACK_ENDS))  # fmt: skip
    for rate in (0.0, 0.02, 0.1, 0.4):
        for window in (1, 3):
            brain = compile_connectome(network(window, kind))
            stimulus = RandomStimulus.at_rate(1, rate)
            places = brain.network.learning.projections[0].places
            mine = [ours(brain, stimulus, end) / places for end in BACK_ENDS]
            yours = textbook(brain, stimulus) / places if available() else float("nan")
            yield (f"{rate:.0%}", str(window), *(f"{m:.2f}" for m in mine), f"{yours:.2f}",
                   *(f"{m / yours:.2f}" for m in mine))  # fmt: skip


def memory_rows() -> Iterator[tuple[str, ...]]:
    """Likewise, of a memory area: per burst, not per synapse."""
    yield ("firing", "depth", *(f"by {end}" for end in BACK_ENDS))
    for rate in (0.0, 0.02, 0.1):
        for depth in (1, 3):
            brain = compile_connectome(network(depth, "memory"))
            stimulus = RandomStimulus.at_rate(1, rate)
            mine = (ours(brain, stimulus, end) for end in BACK_ENDS)
            yield (f"{rate:.0%}", str(depth), *(f"{m:,.0f}" for m in mine))


def show(title: str, table: Iterator[tuple[str, ...]]) -> None:
    """One table in Markdown."""
    print(f"\n{title}\n")
    for i, row in enumerate(table):
        print("| " + " | ".join(row) + " |", flush=True)
        if not i:
            print("|---" * len(row) + "|")


def main() -> None:
    show(f"RV32 instructions per plastic synapse and burst, of {NEURONS * FAN_OUT:,}",
         rows("listed"))  # fmt: skip
    show(f"RV32 instructions per pair and burst of an associative rule, of {SIDE * SIDE:,} pairs",
         rows("block"))  # fmt: skip
    show(f"RV32 instructions per burst of a memory area that watches {SIDE} neurons, with {SLOTS} "
         "places", memory_rows())  # fmt: skip


if __name__ == "__main__":
    main()
