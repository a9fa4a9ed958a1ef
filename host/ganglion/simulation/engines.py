"""Precision: one way to run a brain in fp32, fp16 or int8, whatever it is made of.

In:  a connectome or a network, and the precision asked for.
Out: an Engine: potentials in, fired neurons out, burst by burst.
Never: picks a precision that was not asked for; runs floating point for a board.

fp32 is FEAGI's engine; fp16 the same with every potential, threshold, leak and contribution
stored, and every operation on them rounded, as float16; int8 the burst of SPEC.md, 2, at one of
three state widths.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..compiler import Brain, compile_connectome
from ..connectome.model import Connectome, canonical_precision
from ..errors import UsageError
from ..network.model import QuantizedNetwork
from ..quantization.options import QuantizeOptions
from ..reference.engine import BURSTS, reference_of
from ..reference.inputs import HostInput
from ..reference.learning_floats import float_reference
from ..reference.real import Drawn, RealStimulus

Indices = NDArray[np.int64]
Potentials = tuple[NDArray[np.int64], NDArray[np.float32]]
PRECISIONS = ("fp32", "fp16", "int8")
BLOB_ONLY = "a blob is int8: boards run integers only"


class Engine(Protocol):
    """A brain, running. Neurons are numbered as in what it was made of."""

    @property
    def precision(self) -> str: ...

    @property
    def state(self) -> str | None: ...

    @property
    def burst(self) -> int: ...

    def step(
        self, inputs: Potentials | None = None, fired_before: Indices | None = None
    ) -> Indices:
        """One burst; returns the neurons that fired, ascending.

        `fired_before` replaces the neurons that fired in the burst before (open loop).
        """
        ...

    def follow(self, stimulus: RealStimulus, fired_before: Indices | None = None) -> Indices:
        """One burst with what the stimulus has for it."""
        ...


class FloatEngine:
    """A connectome in fp32 or fp16."""

    state = None

    def __init__(self, connectome: Connectome, precision: str = "fp32") -> None:
        self.precision = precision
        self.reference = float_reference(
            connectome, np.float16 if precision == "fp16" else np.float32
        )

    @property
    def burst(self) -> int:
        return self.reference.burst

    def step(
        self, inputs: Potentials | None = None, fired_before: Indices | None = None
    ) -> Indices:
        return self.reference.step(inputs, fired_before)

    def follow(self, stimulus: RealStimulus, fired_before: Indices | None = None) -> Indices:
        return self.step(stimulus.inputs(self.burst + 1), fired_before)

    def psp(self, neuron: int) -> float:
        """What an mp-driven neuron sends for as long as it does not fire again."""
        at_fire = float(self.reference.potential_at_fire[neuron])
        return float(np.floor(min(255.0, max(0.0, at_fire)) + 0.5))


class Addressed:
    """What reaches a network and what it fires, by connectome indices if there is `neuron`."""

    def __init__(self, network: QuantizedNetwork, neuron: Indices | None = None) -> None:
        self.network = network
        self.host = HostInput(network)
        self.clamped = 0
        self._neuron = np.arange(network.n_neurons) if neuron is None else neuron
        self._known = np.argsort(self._neuron)
        self._sorted = self._neuron[self._known]

    def outside(self, numbers: Indices) -> Indices:
        """The indices of the network's numbers, ascending."""
        return np.sort(self._neuron[numbers])

    def injected(self, inputs: Potentials | None) -> Drawn | None:
        """R4 of real potentials; counts what was clamped."""
        if inputs is None or not len(inputs[0]):
            return None
        number, kept = self.within(inputs[0])
        injection = self.host.convert(number[kept], inputs[1][kept])
        self.clamped += injection.clamped
        return injection.neurons, injection.amounts

    def given(self, stimulus: RealStimulus, burst: int) -> tuple[Drawn | None, Drawn | None]:
        """R3 and R4 of a burst: integers where the stimulus is made of this network's own."""
        if stimulus.drawn is None:
            return None, self.injected(stimulus.inputs(burst))
        return stimulus.drawn(burst), None

    def within(self, neurons: NDArray[np.integer]) -> tuple[Indices, NDArray[np.bool_]]:
        """The network's number of each neuron, and which of them the network kept."""
        at = np.minimum(np.searchsorted(self._sorted, neurons), len(self._sorted) - 1)
        return self._known[at], self._sorted[at] == neurons


class IntegerEngine(Addressed):
    """A network in integers. With `neuron`, it is addressed by connectome indices."""

    precision = "int8"

    def __init__(
        self, network: QuantizedNetwork, neuron: Indices | None = None, bursts: int = BURSTS
    ) -> None:
        super().__init__(network, neuron)
        self.state: str | None = f"int{network.state}"
        self.reference = reference_of(network, bursts=bursts)

    @property
    def burst(self) -> int:
        return self.reference.burst

    def step(
        self, inputs: Potentials | None = None, fired_before: Indices | None = None
    ) -> Indices:
        return self._burst(None, self.injected(inputs), fired_before)

    def follow(self, stimulus: RealStimulus, fired_before: Indices | None = None) -> Indices:
        """Integers where the stimulus is made of this network's own, else potentials."""
        return self._burst(*self.given(stimulus, self.burst + 1), fired_before)

    def _burst(
        self, drawn: Drawn | None, injected: Drawn | None, fired_before: Indices | None
    ) -> Indices:
        if fired_before is not None:
            number, kept = self.within(fired_before)
            self.reference.fired = np.sort(number[kept])
        return self.outside(self.reference.step(drawn, injected))

    def psp(self, neuron: int) -> float:
        """What an mp-driven neuron sends for as long as it does not fire again."""
        number, _ = self.within(np.array([neuron]))
        return float(self.reference.psp[number[0]])


def canonical(word: str) -> str:
    """fp32, fp16 or int8. Raises UsageError for anything else."""
    found = canonical_precision(word)
    if found is None:
        raise UsageError(f"the precision {word!r} is unknown", "use fp32, fp16 or int8")
    return found


def engine(
    connectome: Connectome, precision: str | None = None, options: QuantizeOptions | None = None
) -> tuple[Engine, Brain | None]:
    """The engine of a connectome, in the precision its genome asks for unless one is given.

    Raises UsageError, or what compiling raises.
    """
    chosen = canonical(precision or connectome.precision)
    if chosen != "int8":
        return FloatEngine(connectome, chosen), None
    brain = compile_connectome(connectome, options)
    return IntegerEngine(brain.network, brain.quantization.neuron), brain


def engine_of_network(
    network: QuantizedNetwork, precision: str | None = None, bursts: int = BURSTS
) -> IntegerEngine:
    """The engine of a blob's network. Raises UsageError unless it is to be int8."""
    refuse_on_board(canonical(precision or "int8"))
    return IntegerEngine(network, bursts=bursts)


def refuse_on_board(precision: str) -> None:
    """Raises UsageError unless a board can run this precision."""
    if precision != "int8":
        raise UsageError(
            f"{BLOB_ONLY}, and {precision} was asked for",
            f"compile it as int8, or run it here with `ganglion simulate GENOME --precision "
            f"{precision}`",
        )
