"""Heaps: brains on boards of every size of memory, from far too little to enough.

In:  a seed; a network of convolutions, one with a large matrix, one of neurons and synapses.
Out: survived: the board runs the brain as the reference does, or refuses it with "not enough heap"
     and how many bytes it lacked. Lost: any other answer, or none.
Never: a heap that MicroPython and our firmware do not even start in.
"""

import random
from collections.abc import Iterator

from ganglion import examples as genomes
from ganglion.boards.board import load_board
from ganglion.compiler import LayeredBrain, StoredBrain, compile_connectome
from ganglion.device.open import open_device
from ganglion.frontends.read import connectome_of
from ganglion.link.codes import Refused
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify
from tools.bench.layers import network

from . import Row

SIZES = 6  # of each brain at scale 1
STIMULUS = RandomStimulus.at_rate(1, 0.05)


def brains() -> Iterator[tuple[str, LayeredBrain | StoredBrain, int, int]]:
    """Name, brain, a heap in which our firmware hardly starts, and one that is enough."""
    yield "a convolution", network((16, 16, 8), (16, 16, 16), 3), 72_000, 160_000
    yield "a matrix", network((1, 1, 300), (1, 1, 200)), 72_000, 160_000
    genome = connectome_of(genomes.path("wall_avoider"))[0]
    yield "synapses", compile_connectome(genome), 72_000, 120_000


def run(seed: int, scale: float) -> list[Row]:
    chance = random.Random(f"heaps {seed}")
    rows = []
    for name, brain, least, most in brains():
        row = Row("heaps", f"heap of any size: {name}", seed)
        rows.append(row)
        for _ in range(round(SIZES * scale)):
            heap = chance.randrange(least, most)
            try:
                told = _on(heap, brain)
            except Refused as error:
                told = str(error)
            lacks = "not enough heap (" in told and " bytes asked for)" in told
            how = "refused for want of heap" if lacks else "ran"
            row.check(lacks or told == "runs", how, f"with {heap} bytes it said: {told}")
    return rows


def _on(heap: int, brain: LayeredBrain | StoredBrain) -> str:
    board = load_board("virtual-150k")
    memory = board.memory.model_copy(update={"process": heap})
    with open_device("virtual", board=board.model_copy(update={"memory": memory})) as device:
        device.put(brain.blob)
        verdict = verify(brain.network, device, 6, STIMULUS)
    return "runs" if verdict.identical else f"it differs: {verdict.divergence}"
