"""Plot kinds: what else there is to see in a run, besides its raster.

In:  a Material (one run of a recording, and its brain), and what to look at.
Out: one picture each: rates, inter-spike intervals, one neuron's trace, burst times.
Never: shows a potential that the device is not known to have had.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError, UsageError
from ..recording.material import RecordedRun
from ..recording.replay import RecordedInputs
from ..reference.integers import Reference
from .rasters import GROUP_COLOURS, figure_of, label_of, plain, rows_of, save, seconds_axis
from .weights import weight_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = NDArray[np.int64]
Span = tuple[int, int]  # first and last burst
_STYLES = {"CORE": ":", "IPU": "-", "OPU": "--", "CUSTOM": "-.", "MEMORY": (0, (5, 1, 1, 1, 1, 1))}
_COLUMNS = 400  # of a heat map


def rates(path: Path, material: RecordedRun, span: Span, title: str) -> None:
    """The share of each area that fires, over time: darker is more."""
    from matplotlib.colors import PowerNorm

    network, run = material.network, material.run
    rows = rows_of(network)
    first, last = span
    width = max(1, -(-(last - first + 1) // _COLUMNS))
    columns = -(-(last - first + 1) // width)
    inside = (run.spike_burst >= first) & (run.spike_burst <= last)
    area = network.per_neuron("area")[run.spike_neuron[inside]]
    column = (run.spike_burst[inside] - first) // width
    counts = np.zeros((len(network.areas), columns))
    np.add.at(counts, (area, column), 1)
    spans = np.full(columns, width)
    spans[-1] = last - first + 1 - width * (columns - 1)
    size = np.array([row.stop - row.first for row in rows])
    percent = 100 * counts[[row.area for row in rows]] / size[:, None] / spans
    height = max(2.5, 0.19 * len(rows) + 1.2)
    figure, axes = figure_of(height)
    edges = np.append(first + width * np.arange(columns), last + 1) - 0.5
    # Weak firing is told from none: grey grows with the root of the rate.
    norm = PowerNorm(0.5, vmin=0, vmax=max(1.0, float(percent.max(initial=0))))
    mesh = axes.pcolormesh(edges, np.arange(len(rows) + 1), percent, cmap="Greys", norm=norm)
    axes.set_yticks(np.arange(len(rows)) + 0.5, [label_of(network, row) for row in rows])
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.set_ylabel("area (number of neurons)")
    axes.set_xlabel("burst" if width == 1 else f"burst (averaged over {width})")
    figure.colorbar(mesh, ax=axes, label="firing (% of the area, per burst)", pad=0.01)
    seconds_axis(axes, material.seconds)
    axes.set_title(plain(title), fontsize=10, loc="left")
    save(figure, path)


def intervals(spike_burst: Ints, spike_neuron: Ints) -> tuple[Ints, Ints]:
    """Every inter-spike interval in bursts, and the neuron that it is of."""
    order = np.lexsort((spike_burst, spike_neuron))
    neuron = spike_neuron[order]
    gap = np.diff(spike_burst[order])
    same = neuron[1:] == neuron[:-1]
    return gap[same], neuron[1:][same]


def isi(path: Path, material: RecordedRun, span: Span, title: str) -> None:
    """How long neurons wait from spike to spike, by kind of area."""
    network, run = material.network, material.run
    inside = (run.spike_burst >= span[0]) & (run.spike_burst <= span[1])
    gap, neuron = intervals(run.spike_burst[inside], run.spike_neuron[inside])
    group = np.array([a.group for a in network.areas])[network.per_neuron("area")[neuron]]
    most = int(gap.max()) if len(gap) else 1
    edges = np.unique(np.round(np.geomspace(1, most + 1, 60)).astype(int)) - 0.5
    edges = np.append(edges, most + 0.5) if edges[-1] < most + 0.5 else edges
    figure, axes = figure_of(3.6)
    for name, style in _STYLES.items():
        mine = gap[group == name]
        if len(mine):
            counts, _ = np.histogram(mine, edges)
            axes.stairs(
                counts / np.diff(edges), edges, color=GROUP_COLOURS[name], linestyle=style,
                lw=1.4, label=f"{name} ({len(mine):,} intervals, median {np.median(mine):g})",
            )  # fmt: skip
    if len(gap):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.legend(fontsize=8, frameon=False)
    else:
        _nothing(axes, "no neuron fired twice")
    axes.set_xlabel("inter-spike interval (bursts)")
    axes.set_ylabel("intervals per burst of length")
    seconds_axis(axes, material.seconds)
    axes.set_title(plain(title), fontsize=10, loc="left")
    save(figure, path)


def potentials(material: RecordedRun, neuron: int, last: int) -> tuple[Ints, Ints, Ints]:
    """Of one neuron after each burst up to `last`: potential, countdown, whether it fired.

    Recordings hold digests and not potentials, so the reference computes them; each digest that
    came must agree, up to and with `last`. Raises RecordingError where one does not.
    """
    if not 0 <= neuron < material.network.n_neurons:
        raise UsageError(
            f"the brain has no neuron {neuron}",
            f"choose one of 0 to {material.network.n_neurons - 1}",
        )
    inputs = RecordedInputs(material.network, material.run)
    reference = Reference(material.network, drives=inputs.drives)
    told = dict(zip(material.run.number.tolist(), material.run.digest.tolist(), strict=True))
    result = np.zeros((3, last), dtype=np.int64)
    for i in range(last):
        inputs.step(reference)
        digest = told.get(i + 1, -1)
        if digest >= 0 and digest != reference.digest():
            raise RecordingError(
                f"the device and the reference part in burst {i + 1}, so that its potentials "
                "are not known from there on",
                f"draw bursts up to {i}, or ask `ganglion replay --to verify`",
            )
        fired = neuron in reference.fired
        result[:, i] = reference.potential[neuron], reference.countdown[neuron], fired
    return result[0], result[1], result[2]


def trace(path: Path, material: RecordedRun, span: Span, title: str, neuron: int) -> None:
    """One neuron's membrane potential, threshold, rests and spikes."""
    network = material.network
    potential, countdown, fired = potentials(material, neuron, span[1])
    burst = np.arange(1, span[1] + 1)
    shown = burst >= span[0]
    area_id, voxel, inner = network.describe(neuron)
    unit = network.areas[int(network.per_neuron("area")[neuron])].unit
    figure, axes = figure_of(3.6)
    axes.step(burst[shown], potential[shown] * unit, where="mid", color="#111111", lw=1)
    axes.axhline(
        network.threshold[neuron] * unit, color="#111111", linestyle="--", lw=0.8,
        label="threshold",
    )  # fmt: skip
    top = axes.get_ylim()[1]
    spikes = burst[shown & (fired > 0)]
    axes.plot(
        spikes, np.full(len(spikes), top), "v", color="#b3420a", markersize=5, clip_on=False,
        label=f"spike ({len(spikes):,})",
    )  # fmt: skip
    rests = shown & (countdown > 0)
    axes.fill_between(
        burst, 0, 1, where=rests, transform=axes.get_xaxis_transform(), step="mid",
        color="#d8d8d8", lw=0, label="refractory", zorder=0,
    )  # fmt: skip
    axes.set_xlim(span[0] - 0.5, span[1] + 0.5)
    axes.set_xlabel("burst")
    axes.set_ylabel("membrane potential\n(units of the genome)")
    axes.legend(fontsize=8, frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1.16))
    seconds_axis(axes, material.seconds)
    number = f" number {inner}" if inner else ""
    axes.set_title(
        plain(f"{title}: neuron {neuron}, {area_id} {voxel}{number}"), fontsize=10, loc="left"
    )
    save(figure, path)


def times(path: Path, material: RecordedRun, span: Span, title: str) -> None:
    """How long bursts took on the device, and how many were late."""
    run = material.run
    inside = (run.number >= span[0]) & (run.number <= span[1])
    micros = run.micros[inside]
    figure, axes = figure_of(3.2)
    if len(micros):
        edges = np.histogram_bin_edges(micros, min(80, max(5, len(np.unique(micros)))))
        axes.hist(micros, edges.tolist(), color="#555555")
        for share, style in ((50, "-"), (99, "--")):
            value = float(np.percentile(micros, share))
            axes.axvline(
                value, color="#111111", lw=1, linestyle=style, label=f"{share} %: {value:,.0f} µs"
            )
        axes.set_yscale("log")
    else:
        _nothing(axes, "no burst came")
    period = run.configuration.period_us
    if period:
        axes.axvline(period, color="#b3420a", lw=1.4, linestyle=":", label=f"period: {period:,} µs")
    late = run.stats[-1][1].late if run.stats else None
    said = "not told" if late is None else f"{late:,}"
    axes.set_title(f"{plain(title)}: {len(micros):,} bursts, late: {said}", fontsize=10, loc="left")
    axes.set_xlabel("burst time on the device (µs)")
    axes.set_ylabel("bursts")
    axes.legend(fontsize=8, frameon=False)
    save(figure, path)


def _nothing(axes: "Axes", why: str) -> None:
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center")


KINDS: dict[str, Callable[[Path, RecordedRun, Span, str], None]] = {
    "rates": rates,
    "isi": isi,
    "times": times,
    "weights": weight_map,
}
"""Those that need nothing but a run; `raster` is in plot.py, and `trace` needs a neuron."""
