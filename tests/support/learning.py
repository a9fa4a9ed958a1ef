"""What tests of learning share: small random connectomes that learn in every way there is.

In:  a seed, and how much of each kind.
Out: a Connectome whose learning a brain can hold; inputs that make it fire.
Never: used outside the tests.
"""

from dataclasses import replace

import numpy as np

from ganglion.connectome.learning import Learning, MemoryArea, PlasticRule, Twin
from ganglion.connectome.model import Connectome
from ganglion.connectome.slots import with_slots
from tests.support.tiny import Box, Net, Wire

KINDS = ("rules", "divided", "driven", "associative", "memory", "twin", "all")


def learner(seed: int, kind: str = "all", size: int = 6) -> Connectome:
    """Three areas of about `size` neurons that excite, inhibit and learn; memory behind them.

    Every contribution is a whole number, so that brains of it are exact.
    """
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    has = {k: kind in (k, "all") for k in KINDS}
    counts = rng.integers(max(1, size - 2), size + 3, 3)
    areas = {
        "i_in____": Box(count=int(counts[0]), group="IPU", threshold=1, uniform=True),
        "c_mid___": Box(
            count=int(counts[1]),
            threshold=rng.integers(20, 300, counts[1]).astype(float),
            keeps=True,
            leak=1.0 if has["driven"] else 0.0,
            uniform=not has["divided"],
            mp_driven=has["driven"],
            refractory=rng.integers(0, 2, counts[1]),
        ),
        "o_out___": Box(
            count=int(counts[2]), group="OPU", threshold=40, consecutive=int(rng.integers(0, 4)),
        ),
        "c_twin__": Box(count=int(counts[0]), threshold=3, keeps=True),
        "m_mem___": Box(count=1),
    }  # fmt: skip
    names = list(areas)[:3]
    wires: list[Wire] = []
    for a, b in ((0, 1), (1, 2), (2, 1), (0, 2)):
        psp = int(rng.integers(1, 5))
        if (a, b) == (0, 2) and has["associative"]:
            psp = 2
        for i in range(counts[a]):
            if has["divided"] and a == 1:  # a fan-out of a power of two: still exact
                targets = rng.integers(0, counts[2], 4)
            else:
                targets = np.flatnonzero(rng.random(counts[b]) < 0.5)
            for j in targets:
                weight = int(rng.integers(1, 200)) * (1 if rng.random() < 0.7 else -1)
                wires.append(Wire((names[a], i), (names[b], int(j)), weight, psp))
    if kind == "rules":  # one projection in which each pair has its synapse
        wires = [w for w in wires if (w.source[0], w.target[0]) != (names[2], names[1])]
        wires += [
            Wire((names[2], i), (names[1], j), int(rng.integers(0, 256)), 1)
            for i in range(counts[2]) for j in range(counts[1])
        ]  # fmt: skip
    if has["divided"]:
        wires = [w for w in wires if w.source[0] != names[1] or w.target[0] == names[2]]
    connectome = Net(areas, wires).build()
    return with_slots(connectome, _learning(rng, has, connectome), int(rng.integers(2, 9)))


def _learning(rng: np.random.Generator, has: dict[str, bool], c: Connectome) -> Learning:
    def rule(source: int, target: int, **more: object) -> PlasticRule:
        window = int(rng.integers(1, 4))
        up, down = int(rng.integers(1, 60)), int(rng.integers(0, 40))
        return replace(PlasticRule(source, target, window, up, down), **more)  # type: ignore[arg-type]

    rules = [rule(0, 1), rule(2, 1)] if has["rules"] else [rule(0, 1)]
    if has["divided"] or has["driven"]:
        rules.append(rule(1, 2))
    if has["associative"]:
        rules.append(rule(0, 2, associative=True, window=1, psp=2, inhibitory=False))
        rules.append(rule(0, 0, associative=True, window=2, psp=1, strengthen=1))
    memory, twins = (), ()
    if has["memory"] or has["twin"]:
        depth = int(rng.integers(1, 4))
        memory = (
            MemoryArea(
                area=4, depth=depth, upstream=(0, 1) if has["memory"] else (0,),
                init_lifespan=int(rng.integers(0, 9)), growth=int(rng.integers(0, 3)),
                longterm_threshold=int(rng.integers(4, 20)),
            ),
        )  # fmt: skip
    if has["twin"]:
        shown = np.flatnonzero(c.area == 0)
        twins = (Twin(4, 0, 3, 3.0, shown, np.flatnonzero(c.area == 3)),)
    return Learning(tuple(rules), memory, twins)


def spikes(seed: int, c: Connectome, bursts: int) -> list[np.ndarray]:
    """Per burst the input neurons that get 1.0: often the same, so that there is coincidence."""
    rng = np.random.default_rng([seed, 77])
    inputs = np.flatnonzero(c.area == 0)
    patterns = [inputs[rng.random(len(inputs)) < 0.5] for _ in range(3)]
    drawn = rng.integers(0, 5, bursts)
    return [patterns[d] if d < 3 else inputs[:0] for d in np.repeat(drawn, 3)[:bursts]]
