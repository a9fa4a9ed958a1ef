"""Stimuli: real potentials for a brain's inputs, by name, the same on every machine.

In:  `whole:SEED[:RATE]`, `graded:SEED[:RATE]`, `structured:SEED[:SHARE]`, `random:SEED[:RATE]`,
     `file:PATH` or `none`, and the ports: the neurons that inputs reach.
Out: for each burst the neurons and float32 potentials; what kind of numbers they are.
Never: depends on Python's or numpy's generators, or on the order in which bursts are asked for.

whole       each port with probability RATE (0.1) a whole number from 1 to twice its threshold
graded      each port with probability RATE (0.3) a real from 0 to 1.5 thresholds, small ones more
            often (1.5·T·x² for an even x)
structured  a window of SHARE (1/8) of the ports sweeps over them; all in it get their threshold
random      the integer stimulus of SPEC.md, 4, as the real potentials that it stands for
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..connectome.model import Connectome
from ..connectome.selection import live_neurons, stimulated_neurons
from ..errors import StimulusWordError
from ..network.model import QuantizedNetwork
from ..reference.engine import stream_of
from ..reference.floats import pcg
from ..reference.real import NOTHING, Drawn, Potentials, RealStimulus
from ..reference.stimulus import RandomStimulus
from .stimulus_file import from_file

NAMES = "whole:SEED[:RATE], graded:SEED[:RATE], structured:SEED[:SHARE], random:SEED[:RATE], "
NAMES += "file:PATH or none"
HELP = (
    "What enters: random:SEED[:RATE] (integers, made on both sides), whole:SEED[:RATE], "
    "graded:SEED[:RATE] (RATE: the share of input neurons reached in a burst), "
    "structured:SEED[:SHARE] (a window that sweeps), file:PATH (JSON or a recording) or none."
)
DEFAULTS = {"whole": 0.1, "graded": 0.3, "structured": 0.125}


@dataclass(frozen=True, slots=True)
class Ports:
    """The neurons that a stimulus reaches, in an order that genome and blob share."""

    neuron: NDArray[np.int64]
    threshold: NDArray[np.float32]

    @classmethod
    def of_connectome(cls, connectome: Connectome) -> "Ports":
        """Connectome indices, ascending."""
        keep = live_neurons(connectome)
        neuron = keep[stimulated_neurons(connectome, keep)]
        return cls(neuron, connectome.threshold[neuron])

    @classmethod
    def of_network(cls, network: QuantizedNetwork) -> "Ports":
        """Neurons of a network, by area and place: the same neurons in the same order."""
        found = [np.arange(r.first, r.first + r.count) for r in network.inputs]
        neuron = np.concatenate([np.zeros(0, dtype=np.int64), *found])
        area = network.per_neuron("area")
        neuron = neuron[np.lexsort((network.place[neuron], area[neuron]))]
        threshold = network.threshold[neuron] * network.unit_of_neuron[neuron]
        return cls(neuron, threshold.astype(np.float32))


def parse(
    text: str,
    ports: Ports,
    network: QuantizedNetwork | None = None,
    connectome: Connectome | None = None,
) -> RealStimulus:
    """The stimulus of that name. Raises StimulusWordError.

    `random` needs the network; a recording as `file` needs the connectome.
    """
    kind, _, rest = text.partition(":")
    if text == "none":
        return RealStimulus(text, "whole", lambda _: NOTHING)
    if kind == "file" and rest:
        return from_file(Path(rest), connectome, network.n_neurons if network else None)
    if kind == "random":
        chosen = RandomStimulus.parse(text)
        if network is None or chosen is None:
            raise StimulusWordError(
                f"the stimulus {text!r} is made of a brain's integers, and there is none yet",
                "use whole:SEED, graded:SEED or structured:SEED",
            )
        return _random(text, network, chosen, ports)
    makers = {"whole": (_whole, 2.0), "graded": (_graded, 1.5), "structured": (_structured, 1.0)}
    words = rest.split(":")
    try:
        if kind not in makers or len(words) > 2:
            raise ValueError
        seed, share = int(words[0]), float(words[1]) if len(words) == 2 else DEFAULTS[kind]
    except ValueError:
        raise StimulusWordError(
            f"the stimulus {text!r} is not understood", f"write {NAMES}"
        ) from None
    if not (0 <= seed < 2**32 and 0 < share <= 1):
        raise StimulusWordError(
            f"the stimulus {text!r} has the seed {seed} and the share {share:g}",
            "give a seed from 0 to 2^32 − 1, and a share above 0 and at most 1",
        )
    make, thresholds = makers[kind]
    top = thresholds * math.ceil(_scale(ports.threshold).max(initial=0.0))
    numbers = "graded" if kind == "graded" else "whole"
    return RealStimulus(text, numbers, make(ports, seed, share), False, top)


def uniform(rank: NDArray[np.int64], burst: int, seed: int, draw: int) -> NDArray[np.float64]:
    """Numbers in 0..1, a hash of (rank, burst, seed, draw)."""
    when = pcg(np.array([(burst * 4 + draw) & 0xFFFFFFFF], dtype=np.uint32))
    who = pcg((rank.astype(np.uint64) + np.uint64(seed * 2654435769)).astype(np.uint32))
    return pcg(who ^ when).astype(np.float64) / 2.0**32


def _scale(threshold: NDArray[np.float32]) -> NDArray[np.float32]:
    """The size of potential that matters to each port; 1 where the threshold says nothing."""
    sensible = (threshold > 0) & (threshold < 1e6)
    return np.where(sensible, threshold, np.float32(1)).astype(np.float32)


def _whole(ports: Ports, seed: int, rate: float) -> Callable[[int], Potentials]:
    rank = np.arange(len(ports.neuron))
    top = 2 * np.ceil(_scale(ports.threshold).astype(np.float64))

    def inputs(burst: int) -> Potentials:
        hit = uniform(rank, burst, seed, 0) < rate
        size = 1 + np.floor(uniform(rank[hit], burst, seed, 1) * top[hit])
        return ports.neuron[hit], size.astype(np.float32)

    return inputs


def _graded(ports: Ports, seed: int, rate: float) -> Callable[[int], Potentials]:
    rank = np.arange(len(ports.neuron))
    top = 1.5 * _scale(ports.threshold).astype(np.float64)

    def inputs(burst: int) -> Potentials:
        hit = uniform(rank, burst, seed, 0) < rate
        size = uniform(rank[hit], burst, seed, 1) ** 2 * top[hit]
        return ports.neuron[hit], size.astype(np.float32)

    return inputs


def _structured(ports: Ports, seed: int, share: float) -> Callable[[int], Potentials]:
    count = len(ports.neuron)
    width = max(1, math.floor(count * share))
    start, pace = (int(u * 2**32) for u in uniform(np.arange(2), 0, seed, 0))
    size = _scale(ports.threshold)

    def inputs(burst: int) -> Potentials:
        if not count:
            return NOTHING
        here = np.sort((start + burst * (1 + pace % 3) + np.arange(width)) % count)
        return ports.neuron[here], size[here]

    return inputs


def _random(
    text: str, network: QuantizedNetwork, chosen: RandomStimulus, ports: Ports
) -> RealStimulus:
    units = network.unit_of_neuron
    named = np.full(network.n_neurons, -1, dtype=np.int64)
    named[Ports.of_network(network).neuron] = ports.neuron
    stream = stream_of(network, chosen)
    past: list[Drawn] = []

    def drawn(burst: int) -> Drawn:
        while len(past) < burst:
            past.append(stream.draw())
        return past[burst - 1]

    def inputs(burst: int) -> Potentials:
        neuron, amount = drawn(burst)
        return named[neuron], (amount * units[neuron]).astype(np.float32)

    return RealStimulus(text, "whole", inputs, drawn=drawn)
