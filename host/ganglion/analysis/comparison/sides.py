"""Sides: what `compare` can compare: recordings, devices, and simulations at a precision.

In:  words: FILE.gbr, FILE.gbr#RUN, sim:GENOME@fp32, sim:MODEL.nir@fp32, sim:BRAIN.gbn, virtual,
     auto, /dev/…
Out: Sides that fire, burst by burst, under one and the same stimulus.
Never: says of a burst that did not come that nothing fired in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...blob.container import brain_id
from ...brains import NIR_SUFFIX, nir_pair, open_brain
from ...compiler import LayeredBrain, compile_connectome
from ...connectome.fingerprint import fingerprint
from ...connectome.model import Connectome
from ...connectome.selection import live_neurons
from ...device.open import open_device
from ...errors import DeviceError, UsageError
from ...frontends.nir.model import Model
from ...frontends.read import connectome_of
from ...link.messages import Burst, Fault
from ...network.model import QuantizedNetwork
from ...recording import replay
from ...recording.file import SUFFIX, Recording
from ...recording.material import RecordedRun
from ...recording.runs import Run, runs
from ...recording.summary import missing_of
from ...reference.engine import reference_of
from ...reference.integers import Reference
from ...reference.stimulus import RandomStimulus, parameters
from ...simulation.engines import Engine, FloatEngine, canonical
from ...simulation.trained import TrainedEngine, is_float
from .shared_inputs import (
    IntegerInputs,
    Ints,
    KeyedInputs,
    NeuronKeys,
    PotentialInputs,
    SharedInputs,
)

Progress = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Fired:
    """What a side did: who fired when, in its own numbers, and which bursts it vouches for."""

    burst: Ints
    neuron: Ints
    seen: NDArray[np.bool_]  # (bursts,) burst b at b − 1


class Side(Protocol):
    """One of the two."""

    label: str
    keys: Ints
    live: NDArray[np.bool_]  # which of them can matter; a network has no others
    connectome_id: str  # fingerprint, hexadecimal
    missing: str  # what of it is not there, in words
    made: str  # how it was made, for who cites it

    def run(self, bursts: int, feed: SharedInputs, progress: Progress) -> Fired: ...
    def again(self) -> Engine | Reference:
        """A fresh engine that computes what this side computes, to look inside."""


class Recorded:
    """A run of a recording."""

    def __init__(self, word: str, keys: NeuronKeys) -> None:
        path, _, number = word.partition("#")
        self.label = Path(path).name + (f" run {number}" if number else "")
        if number and not number.isdigit():
            raise UsageError(f"{word} names no run", "write FILE.gbr#2 for the second run")
        self.recording = Recording(Path(path))
        self.network = replay.network_of(self.recording)
        found = runs(self.recording)
        self.ran: Run = replay.choose(self.recording, int(number) if number else None, found)
        self.keys = keys.of_network(self.network)
        self.live = np.ones(len(self.keys), dtype=np.bool_)
        self.connectome_id = self.network.genome.hex()
        self.missing = missing_of(self.ran) if self.ran.partial else ""
        material = RecordedRun(self.recording, self.network, self.ran)
        meta = self.recording.meta
        self.made = (
            f"recorded from {meta.get('device', 'a device')} at "
            f"{material.started.isoformat(timespec='seconds')} by Ganglion "
            f"{meta.get('ganglion', 'of a version that it does not tell')}; {material.cited}"
        )

    def feed(self) -> IntegerInputs:
        replay.RecordedInputs(self.network, self.ran)  # raises if the recording does not know them
        return IntegerInputs(
            self.network, self.keys, self.ran.configuration.stimulus, self.ran.injected
        )

    def run(self, bursts: int, feed: SharedInputs, progress: Progress) -> Fired:
        seen = np.zeros(bursts, dtype=np.bool_)
        whole = self.ran.number[self.ran.complete]
        seen[whole[whole <= bursts] - 1] = True
        inside = self.ran.spike_burst <= bursts
        return Fired(self.ran.spike_burst[inside], self.ran.spike_neuron[inside], seen)

    def again(self) -> Reference:
        return reference_of(self.network)


class OnDevice:
    """A brain on a device, run now."""

    missing = ""

    def __init__(self, spec: str, brain: Path, stimulus: str, keys: NeuronKeys) -> None:
        self.label = spec
        self.network, self._blob = open_brain(brain)
        self._stimulus = RandomStimulus.parse(stimulus)
        self.keys = keys.of_network(self.network)
        self.live = np.ones(len(self.keys), dtype=np.bool_)
        self.connectome_id = self.network.genome.hex()
        self.made = f"run on {spec} for this report; brain {brain_id(self._blob).hex()}"

    def feed(self) -> IntegerInputs:
        return IntegerInputs(self.network, self.keys, self._stimulus)

    def run(self, bursts: int, feed: SharedInputs, progress: Progress) -> Fired:
        spikes: list[tuple[int, NDArray[np.uint16]]] = []
        with open_device(self.label) as device:
            device.ensure(self._blob)
            device.configure(stimulus=parameters(self._stimulus), lossless=True, digest_every=0)
            device.start(bursts)
            for event in device.events():
                if isinstance(event, Burst) and event.complete:
                    spikes.append((event.number, event.neurons))
                    progress(event.number)
                elif isinstance(event, Fault):
                    raise DeviceError(f"the device failed: {event}", "deploy the brain again")
        return _fired(spikes, bursts)

    def again(self) -> Reference:
        return reference_of(self.network)


class Simulated:
    """A genome, a connectome or a blob, computed here."""

    missing = ""

    def __init__(self, word: str, keys: NeuronKeys) -> None:
        path, _, precision = word.removeprefix("sim:").partition("@")
        self.label = f"{Path(path).name} at {precision}" if precision else Path(path).name
        self.connectome: Connectome | None = None
        self.network: QuantizedNetwork | None = None
        self._trained: tuple[Model, LayeredBrain] | None = None
        if Path(path).suffix == NIR_SUFFIX and is_float(precision):
            self._trained = nir_pair(Path(path))
            brain_of = self._trained[1]
            self.network = brain_of.network
            self.made = (
                f"simulated in the float32 of its tool; brain {brain_id(brain_of.blob).hex()}"
            )
        elif Path(path).suffix in (".gbn", NIR_SUFFIX):
            self.network, blob = open_brain(Path(path))
            self.made = f"simulated in integers for this report; brain {brain_id(blob).hex()}"
            if precision and canonical(precision) != "int8":
                raise UsageError(
                    f"{path} is a blob, which is int8, and {precision} was asked for",
                    f"name its genome: sim:GENOME@{precision}",
                )
        if self.network is not None:
            self.keys = keys.of_network(self.network)
            self.live = np.ones(len(self.keys), dtype=np.bool_)
            self.connectome_id = self.network.genome.hex()
            return
        self.connectome, _ = connectome_of(Path(path))
        self._precision = canonical(precision or self.connectome.precision)
        self.label = f"{Path(path).name} at {self._precision}"
        self.keys = keys.of_connectome(self.connectome)
        self.live = np.isin(np.arange(len(self.keys)), live_neurons(self.connectome))
        self.connectome_id = fingerprint(self.connectome).hex()
        self.made = f"simulated at {self._precision} for this report"
        if self._precision == "int8":
            brain = compile_connectome(self.connectome)
            self.network = brain.network
            self.made += f"; brain {brain_id(brain.blob).hex()}"
            self.keys = self.keys[brain.quantization.neuron]
            self.live = np.ones(len(self.keys), dtype=np.bool_)

    def feed(self, stimulus: str, keys: NeuronKeys) -> SharedInputs:
        if self.network is not None and (
            self.connectome is None or stimulus.startswith(("random", "none"))
        ):
            return IntegerInputs(self.network, self.keys, RandomStimulus.parse(stimulus))
        assert self.connectome is not None
        return PotentialInputs(stimulus, self.connectome, keys.of_connectome(self.connectome))

    def again(self) -> Engine | Reference:
        if self._trained is not None:
            return TrainedEngine(*self._trained)
        if self.network is not None:
            return reference_of(self.network)
        assert self.connectome is not None
        return FloatEngine(self.connectome, self._precision)

    def run(self, bursts: int, feed: SharedInputs, progress: Progress) -> Fired:
        engine = self.again()
        take = KeyedInputs(self.keys, self.network, feed)
        spikes = []
        for burst in range(1, bursts + 1):
            spikes.append((burst, take.step(engine)))
            progress(burst)
        return _fired(spikes, bursts)


def _fired(spikes: Sequence[tuple[int, NDArray[np.integer]]], bursts: int) -> Fired:
    number = np.array([burst for burst, _ in spikes], dtype=np.int64)
    seen = np.zeros(bursts, dtype=np.bool_)
    seen[number - 1] = True
    counts = np.array([len(neurons) for _, neurons in spikes], dtype=np.int64)
    neuron = np.concatenate([np.zeros(0, dtype=np.int64), *(n for _, n in spikes)])
    return Fired(np.repeat(number, counts), neuron.astype(np.int64), seen)


_BRAINS = (".json", ".npz", ".gbn", NIR_SUFFIX)


def is_device(word: str) -> bool:
    """Whether side_of() takes a word for the name of a device."""
    recorded = word.partition("#")[0].endswith(SUFFIX)
    return not (word.startswith("sim:") or recorded or word.endswith(_BRAINS))


def side_of(word: str, keys: NeuronKeys, brain: Path | None, stimulus: str) -> Side:
    """The side that a word names."""
    if word.startswith("sim:"):
        return Simulated(word, keys)
    if word.partition("#")[0].endswith(SUFFIX):
        return Recorded(word, keys)
    if not is_device(word):
        raise UsageError(
            f"{word} is a brain, not something that fires",
            f"write sim:{word} to simulate it",
        )
    if brain is None:
        raise UsageError(f"nobody said which brain {word} is to run", "name it with --brain")
    return OnDevice(word, brain, stimulus, keys)
