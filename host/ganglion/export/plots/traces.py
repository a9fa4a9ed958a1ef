"""Traces: neurons' membrane potentials, as what reached them moved them, and where they fired.

In:  a Material (one run of a recording, and its brain), and neurons.
Out: one picture: a panel for each neuron, with its threshold, spikes and rests.
Never: shows a potential that the device is not known to have had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError, UsageError
from ...recording.material import RecordedRun
from ...recording.replay import RecordedInputs
from ...reference.integers import Reference
from .rasters import plain, save, seconds_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = NDArray[np.int64]
MOST = 12  # panels


@dataclass(frozen=True, eq=False)
class Trace:
    """One neuron, burst by burst: (B,) each, the first of burst 1."""

    reached: Ints
    """the potential that is compared with the threshold: all input added, before any reset"""
    kept: Ints
    """the potential after the burst"""
    countdown: Ints
    fired: NDArray[np.bool_]


def potentials(material: RecordedRun, neurons: Sequence[int], last: int) -> list[Trace]:
    """Traces of some neurons, up to and with burst `last`.

    Recordings hold digests and not potentials, so the reference computes them; each digest that
    came must agree, up to and with `last`. Raises RecordingError where one does not.
    """
    network = material.network
    for neuron in neurons:
        if not 0 <= neuron < network.n_neurons:
            raise UsageError(
                f"the brain has no neuron {neuron}",
                f"choose one of 0 to {network.n_neurons - 1}, or AREA:X,Y,Z",
            )
    inputs = RecordedInputs(network, material.run)
    reference = Reference(network, drives=inputs.drives)
    these = reference.watched = np.array(neurons, dtype=np.int64)
    told = dict(zip(material.run.number.tolist(), material.run.digest.tolist(), strict=True))
    found = np.zeros((4, last, len(these)), dtype=np.int64)
    for i in range(last):
        inputs.step(reference)
        digest = told.get(i + 1, -1)
        if digest >= 0 and digest != reference.digest():
            raise RecordingError(
                f"the device and the reference part in burst {i + 1}, so that its potentials "
                "are not known from there on",
                f"draw bursts up to {i}, or ask `ganglion replay --to verify`",
            )
        fired = np.isin(these, reference.fired)
        found[:, i] = (
            reference.reached, reference.potential[these], reference.countdown[these], fired,
        )  # fmt: skip
    # What is in a layer has its own update (SPEC 12.2): of it is known that it got this far.
    layered = network.per_neuron("layer")[these] > 0
    least = np.where(found[3] > 0, np.maximum(found[1], network.threshold[these]), found[1])
    found[0] = np.where(layered, least, found[0])
    return [
        Trace(found[0, :, k], found[1, :, k], found[2, :, k], found[3, :, k] > 0)
        for k in range(len(these))
    ]


def trace(
    path: Path, material: RecordedRun, span: tuple[int, int], title: str, neurons: Sequence[int]
) -> None:
    """Membrane potentials of up to 12 neurons, each with its threshold, rests and spikes."""
    from matplotlib.figure import Figure

    if len(neurons) > MOST:
        raise UsageError(
            f"{len(neurons):,} neurons were named, and a picture holds {MOST}", "name fewer"
        )
    traces = potentials(material, neurons, span[1])
    figure = Figure(figsize=(10, 1.9 + 1.7 * len(neurons)), layout="constrained")
    panels = figure.subplots(len(neurons), 1, sharex=True, squeeze=False)[:, 0]
    for axes, neuron, one in zip(panels, neurons, traces, strict=True):
        _panel(axes, material, span, neuron, one)
    figure.legend(
        *panels[0].get_legend_handles_labels(), fontsize=8, frameon=False, ncols=4,
        loc="outside lower right",
    )  # fmt: skip
    panels[0].set_xlim(span[0] - 0.5, span[1] + 0.5)
    panels[-1].set_xlabel("burst")
    figure.supylabel("membrane potential (as the genome counts it)", fontsize=9)
    figure.suptitle(plain(title), fontsize=10, x=0.01, ha="left")
    if len(neurons) == 1:
        seconds_axis(panels[0], material.seconds, material.clock)
    save(figure, path)


def _panel(
    axes: "Axes", material: RecordedRun, span: tuple[int, int], neuron: int, one: Trace
) -> None:
    network = material.network
    number, voxel, inner = network.describe(neuron)
    area = network.areas[int(network.per_neuron("area")[neuron])]
    threshold = float(network.threshold[neuron]) * area.unit
    burst = np.arange(1, span[1] + 1)
    shown = burst >= span[0]
    # In each burst up (or down) to what is compared with the threshold, and to what is kept.
    x = np.repeat(burst[shown], 2)
    y = np.column_stack((one.reached[shown], one.kept[shown])).reshape(-1) * area.unit
    axes.step(x, y, where="post", color="#111111", lw=0.9, label="membrane potential")
    axes.axhline(threshold, color="#005a9c", linestyle="--", lw=0.9, label="threshold")
    spikes = burst[shown & one.fired]
    top = max(float(y.max(initial=0)), threshold)
    bottom = min(float(y.min(initial=0)), threshold, 0.0)
    room = (top - bottom) or 1.0
    axes.set_ylim(bottom - 0.06 * room, top + 0.22 * room)
    axes.plot(
        spikes, np.full(len(spikes), top + 0.12 * room), "v", color="#b3420a", markersize=5,
        label="fires, and is reset",
    )  # fmt: skip
    axes.fill_between(
        burst, 0, 1, where=shown & (one.countdown > 0), transform=axes.get_xaxis_transform(),
        step="mid", color="#d8d8d8", lw=0, label="refractory: takes no input", zorder=0,
    )  # fmt: skip
    ordinal = f" number {inner}" if inner else ""
    name = area.name or number
    axes.set_title(
        plain(f"neuron {neuron}: {name} {voxel}{ordinal}, {len(spikes):,} spikes"),
        fontsize=8, loc="left",
    )  # fmt: skip
