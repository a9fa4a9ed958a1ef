"""Shared inputs: one and the same stimulus for two sides that number their neurons differently.

In:  a network's own integers (random stimulus, injections), or a stimulus of real potentials.
Out: per burst, potentials by key; or the integers themselves, for the very network they are of.
Never: gives two sides different inputs: what one lacks (an area, a voxel) is not stimulated.

A neuron's key says its area and its place in the area, and is the same for all sides.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...blob.container import encode
from ...compiler import compile_connectome
from ...connectome.model import Connectome
from ...network.model import AreaInfo, QuantizedNetwork
from ...reference.engine import stream_of
from ...reference.inputs import HostInput
from ...reference.integers import Reference
from ...reference.stimulus import RandomStimulus
from ...simulation.engines import Engine
from ...simulation.stimuli import Ports, parse

Ints = NDArray[np.int64]
Pair = tuple[Ints, Ints]
Keyed = tuple[Ints, NDArray[np.float32]]  # keys of neurons, potentials


class NeuronKeys:
    """Numbers for (area id, place), the same for all sides of one comparison."""

    def __init__(self) -> None:
        self.areas: dict[tuple[object, ...], tuple[int, AreaInfo]] = {}

    def _code(self, info: AreaInfo) -> int:
        # A place means one voxel only in areas of one shape.
        shape = (info.id, info.dimensions, info.neurons_per_voxel)
        return self.areas.setdefault(shape, (len(self.areas), info))[0]

    def of_network(self, network: QuantizedNetwork) -> Ints:
        """(N,)"""
        codes = np.array([self._code(a) for a in network.areas], dtype=np.int64)
        result: Ints = codes[network.per_neuron("area")] << 40 | network.place
        return result

    def of_connectome(self, c: Connectome) -> Ints:
        """(n,)"""
        codes = np.array(
            [
                self._code(
                    AreaInfo(
                        a.id, a.name, a.group, a.dimensions, a.neurons_per_voxel, a.position, 1.0
                    )
                )
                for a in c.areas
            ],
            dtype=np.int64,
        )
        first = np.array([a.first for a in c.areas], dtype=np.int64)
        result: Ints = codes[c.area] << 40 | (np.arange(c.n_neurons) - first[c.area])
        return result


class SharedInputs(Protocol):
    """What all sides are fed with."""

    def potentials(self, burst: int) -> Keyed: ...
    def is_of(self, network: QuantizedNetwork) -> bool:
        """Whether its integers are made of this very network: then `exact` gives them."""

    def exact(self, burst: int) -> tuple[Pair | None, Pair | None]:
        """The integers of R3 and R4."""


class IntegerInputs:
    """The random stimulus and the injections of a network, in its integers."""

    def __init__(
        self,
        network: QuantizedNetwork,
        keys: Ints,
        stimulus: RandomStimulus | None,
        injected: tuple[tuple[int, int, int], ...] = (),
    ) -> None:
        self._network, self._keys = network, keys
        self._stream = stream_of(network, stimulus) if stimulus else None
        self._drawn: list[Pair] = []
        self._unit = network.unit_of_neuron
        self._injected: dict[int, list[tuple[int, int]]] = {}
        for burst, neuron, amount in injected:
            self._injected.setdefault(burst, []).append((neuron, amount))

    def is_of(self, network: QuantizedNetwork) -> bool:
        return network is self._network or encode(network) == encode(self._network)

    def exact(self, burst: int) -> tuple[Pair | None, Pair | None]:
        drawn = None
        if self._stream:
            while len(self._drawn) < burst:
                self._drawn.append(self._stream.draw())
            drawn = self._drawn[burst - 1]
        more = self._injected.get(burst)
        pairs = np.array(more, dtype=np.int64).T if more else None
        return drawn, None if pairs is None else (pairs[0], pairs[1])

    def potentials(self, burst: int) -> Keyed:
        parts = [part for part in self.exact(burst) if part is not None]
        none = np.zeros(0, dtype=np.int64)
        neuron = np.concatenate([none, *(n for n, _ in parts)])
        amount = np.concatenate([none, *(a for _, a in parts)])
        return self._keys[neuron], (amount * self._unit[neuron]).astype(np.float32)


class PotentialInputs:
    """A stimulus by name, of a connectome's neurons."""

    def __init__(self, text: str, connectome: Connectome, keys: Ints) -> None:
        network = compile_connectome(connectome).network if text.startswith("random") else None
        self._stimulus = parse(text, Ports.of_connectome(connectome), network)
        self._keys = keys

    def is_of(self, network: QuantizedNetwork) -> bool:
        return False

    def exact(self, burst: int) -> tuple[Pair | None, Pair | None]:
        raise AssertionError("real potentials are no network's integers")

    def potentials(self, burst: int) -> Keyed:
        neuron, size = self._stimulus.inputs(burst)
        return self._keys[neuron], size


class KeyedInputs:
    """Feeds an engine whose neurons have these keys."""

    def __init__(self, keys: Ints, network: QuantizedNetwork | None, feed: SharedInputs) -> None:
        self._order = np.argsort(keys)
        self._sorted = keys[self._order]
        self._feed = feed
        self._exact = network is not None and feed.is_of(network)  # asked once: it may encode
        self._host = HostInput(network) if network is not None else None

    def inputs(self, burst: int) -> tuple[Ints, NDArray[np.float32]]:
        """Potentials by this engine's numbers; of neurons that it lacks, none."""
        keys, size = self._feed.potentials(burst)
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self._sorted) - 1)
        known = self._sorted[at] == keys
        return self._order[at[known]], size[known]

    def exact(self, burst: int) -> tuple[Pair | None, Pair | None]:
        """The integers of R3 and R4 for this engine's network."""
        if self._exact:
            return self._feed.exact(burst)
        assert self._host is not None
        injection = self._host.convert(*self.inputs(burst))
        return None, (injection.neurons, injection.amounts)

    def step(self, engine: Engine | Reference) -> Ints:
        """One burst; the neurons that fired."""
        burst = engine.burst + 1
        if isinstance(engine, Reference):
            return engine.step(*self.exact(burst))
        return engine.step(self.inputs(burst))
