"""Fidelity of layers: integers against the tool's own floats, and what each loss is due to.

In:  the Model of a NIR file, the brain that it became, and what enters in each burst.
Out: of each layer how many values differ, and how many would if only its weights, only its decays
     or only its thresholds were rounded; the first divergence.
Never: calls a layer exact for firing as often: each neuron is compared in each burst.

The reference is float32, as tools compute. Where it differs from float64 with nothing rounded,
two numbers that are equal on paper were not in float32: that is the tool's own rounding.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ...compiler import LayeredBrain
from ...connectome.layered import RealLayer
from ...errors import StimulusError
from ...frontends.nir.floats import FloatModel
from ...frontends.nir.lower import node_of
from ...frontends.nir.model import Model
from ...quantization.layers import MOST_INPUTS
from ...reference.integers import Reference
from ...reference.real_layers import PARTS, RealLayers
from ...simulation.stimuli import Ports, parse

Ints = NDArray[np.int64]
Drawn = tuple[Ints, Ints]  # distinct inputs, and how often each fires
CAUSES = ("float32", *PARTS, "potentials")
WORDS = {
    "float32": "the tool's float32, where two numbers that are equal on paper are not",
    "weights": "weights of {bits} bits",
    "decay": "decays in 15 bits",
    "thresholds": "thresholds and resets in whole units",
    "potentials": "potentials in whole units",
}


@dataclass(frozen=True)
class LayerFidelity:
    """Of one layer, over all bursts. `alone`: values that differ if only that part is rounded."""

    name: str
    neurons: int
    spikes: int  # in float32
    spikes_int: int
    values: int
    different: int
    alone: dict[str, int]
    readout_error: float  # of what is read out: the largest, as a share of the largest value

    @property
    def cause(self) -> str:
        """The part that alone makes most of the difference; else it is what all bring together."""
        if not self.different:
            return ""
        most = max(self.alone, key=lambda part: self.alone[part], default="")
        return most if most and self.alone[most] else "potentials"


@dataclass(frozen=True)
class Difference:
    """The first value that differs: in units of the layer's threshold's own kind."""

    burst: int
    layer: str
    neuron: int
    fired: int
    fired_int: int
    potential: float  # after the burst, in float32
    potential_int: float
    threshold: float


@dataclass(frozen=True)
class NirFidelity:
    """What a run showed."""

    bursts: int
    weights: int  # bits
    layers: tuple[LayerFidelity, ...]
    first: Difference | None

    @property
    def values(self) -> int:
        return sum(layer.values for layer in self.layers)

    @property
    def different(self) -> int:
        return sum(layer.different for layer in self.layers)

    @property
    def readout_error(self) -> float:
        return max((layer.readout_error for layer in self.layers), default=0.0)

    @property
    def cause(self) -> str:
        """Of the first layer, in the order of a step, that differs: what follows comes of it."""
        return next((layer.cause for layer in self.layers if layer.different), "")

    def sentence(self) -> str:
        """The cause in words; empty if nothing differs."""
        return WORDS[self.cause].format(bits=self.weights) if self.cause else ""

    def as_dict(self) -> dict[str, object]:
        return {
            **asdict(self), "values": self.values, "different": self.different,
            "cause": self.cause, "readout_error": self.readout_error,
        }  # fmt: skip


def measure(
    model: Model, brain: LayeredBrain, inputs: Iterable[Drawn], bits: int = 8,
    progress: Callable[[int], None] = lambda _: None,
) -> NirFidelity:  # fmt: skip
    """Runs the float reference, the integers and each part alone on the same inputs."""
    real, notes = brain.connectome.layers, brain.quantization.notes
    tallies = [_Tally(layer) for layer in real]
    floats = FloatModel(model)
    integers = Reference(brain.network)
    units, whose = [n.unit for n in notes], [n.whose for n in notes]
    variants = {
        part: RealLayers(real, brain.network.layers, units, whose, frozenset({part} - {"float32"}))
        for part in ("float32", *PARTS)
    }
    names = [node_of(model, layer) for layer in real]
    entry, first = real[0], None
    burst = 0
    for neurons, amounts in inputs:
        burst += 1
        arrived = np.zeros(entry.count, np.int64)
        arrived[neurons] = amounts
        x = np.empty(entry.count)
        x[entry.order] = arrived
        floats.step(x.reshape(entry.shape))
        integers.step(None, (neurons, amounts))
        for runner in variants.values():
            runner.run(arrived)
        for i, (layer, made, tally) in enumerate(
            zip(real, brain.network.layers, tallies, strict=True)
        ):
            here = slice(made.first, made.stop)
            if layer.input or not names[i]:
                continue
            want = floats.z[names[i]].reshape(-1)[layer.order]
            v = integers.potential[here] * units[i] + layer.start
            if layer.threshold is None:
                tally.read(want, v)
                continue
            counts = integers.counts[here]
            others = {part: runner.spikes[here] for part, runner in variants.items()}
            wrong = tally.note(want, counts, others)
            if first is None and len(wrong):
                n = int(wrong[0])
                of_float = floats.v[names[i]] if names[i] in floats.v else floats.z[names[i]]
                first = Difference(
                    burst, layer.name, n, int(want[n]), int(counts[n]),
                    float(of_float.reshape(-1)[layer.order][n]), float(v[n]),
                    float(layer.threshold[n]),
                )  # fmt: skip
        progress(burst)
    return NirFidelity(
        burst,
        bits,
        tuple(t.done() for t in tallies if not t.layer.input and not t.layer.late),
        first,
    )


def inputs_of(text: str, brain: LayeredBrain, bursts: int) -> Iterator[Drawn]:
    """What enters in each burst: a stimulus by name, or the array `input` of an .npz.

    Raises StimulusError. Of a file there are as many bursts as it has rows, at most `bursts`.
    """
    path = Path(text.removeprefix("file:"))
    if text.startswith("file:") and path.suffix == ".npz":
        yield from _rows(path, brain.connectome.layers[0], bursts)
        return
    stimulus = parse(text, Ports.of_network(brain.network), brain.network)
    for burst in range(1, bursts + 1):
        if stimulus.drawn is not None:
            yield stimulus.drawn(burst)
        else:
            neurons, sizes = stimulus.inputs(burst)
            yield neurons, np.clip(np.round(sizes), 0, MOST_INPUTS).astype(np.int64)


def _rows(path: Path, entry: RealLayer, bursts: int) -> Iterator[Drawn]:
    """The rows of an array (T, …) as tools write it."""
    try:
        with np.load(path) as file:
            table = np.asarray(file["input"], np.int64)
        table = table.reshape(len(table), entry.count)[:, entry.order]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise StimulusError(
            f"{path} has no array `input` of rows of {entry.count} numbers: {error}",
            "write one with numpy.savez(PATH, input=spikes)",
        ) from None
    for row in np.clip(table[:bursts], 0, MOST_INPUTS):
        some = np.flatnonzero(row)
        yield some, row[some]


class _Tally:
    def __init__(self, layer: RealLayer) -> None:
        self.layer = layer
        self.spikes = self.spikes_int = self.values = self.different = 0
        self.alone = dict.fromkeys(("float32", *PARTS), 0)
        self.worst = self.largest = 0.0

    def note(self, want: NDArray[np.float32], have: Ints, others: dict[str, Ints]) -> Ints:
        """Counts one burst; returns the neurons that differ."""
        self.spikes += int(want.sum())
        self.spikes_int += int(have.sum())
        self.values += want.size
        for part, values in others.items():
            self.alone[part] += int((values != want).sum())
        wrong = np.flatnonzero(have != want)
        self.different += len(wrong)
        return wrong

    def read(self, want: NDArray[np.float32], have: NDArray[np.float64]) -> None:
        self.worst = max(self.worst, float(np.abs(have - want).max(initial=0)))
        self.largest = max(self.largest, float(np.abs(want).max(initial=0)))

    def done(self) -> LayerFidelity:
        error = self.worst / self.largest if self.largest else 0.0
        return LayerFidelity(
            self.layer.name, self.layer.count, self.spikes, self.spikes_int, self.values,
            self.different, self.alone, error,
        )  # fmt: skip
