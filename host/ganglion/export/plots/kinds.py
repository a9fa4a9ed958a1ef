"""Plot kinds: what else there is to see in a run, besides its raster.

In:  a Material (one run of a recording, and its brain), and what to look at.
Out: one picture each: rates, inter-spike intervals, burst times.
Never: leaves an outlier out, or lets one hide the rest.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...recording.material import RecordedRun
from .rasters import (  # fmt: skip
    GROUP_COLOURS,
    GROUP_WORDS,
    figure_of,
    key_of,
    name_rows,
    plain,
    rows_of,
    save,
    seconds_axis,
)
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
    name_rows(axes, network, rows, (np.arange(len(rows)) + 0.5).tolist())
    axes.set_ylabel("area (number of neurons)")
    axes.set_xlabel("burst" if width == 1 else f"burst (averaged over {width})")
    figure.colorbar(mesh, ax=axes, label="firing (% of the area, per burst)", pad=0.01)
    seconds_axis(axes, material.seconds, material.clock)
    axes.set_title(plain(title), fontsize=10, loc="left")
    key_of(figure, network, rows)
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
                lw=1.4, label=f"{GROUP_WORDS[name]}: {len(mine):,} intervals, half of them up to "
                f"{np.median(mine):g}",
            )  # fmt: skip
    if len(gap):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend(fontsize=8, frameon=False)
    else:
        _nothing(axes, "no neuron fired twice")
    axes.set_xlabel("inter-spike interval (bursts): from one spike of a neuron to its next")
    axes.set_ylabel("how many intervals\n(mean, where a step spans several bursts)", fontsize=9)
    axes.set_title(plain(title), fontsize=10, loc="left")
    save(figure, path)


def times(path: Path, material: RecordedRun, span: Span, title: str) -> None:
    """How long bursts took on the device, and how many were late."""
    run = material.run
    inside = (run.number >= span[0]) & (run.number <= span[1])
    micros = run.micros[inside]
    figure, axes = figure_of(3.2)
    wide = ""
    if len(micros):
        wide = histogram(axes, micros)
        for share, style in ((50, "-"), (99, "--")):
            value = float(np.percentile(micros, share))
            axes.axvline(
                value, color="#111111", lw=1, linestyle=style,
                label=f"{share} % took at most {value:,.0f} µs",
            )  # fmt: skip
        slowest = int(micros.argmax())
        said = f"the longest, burst {run.number[inside][slowest]:,}, took {micros[slowest]:,} µs"
        axes.plot([], [], " ", label=said)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    else:
        _nothing(axes, "no burst came")
    period = run.configuration.period_us
    if period:
        axes.axvline(period, color="#b3420a", lw=1.4, linestyle=":", label=f"period: {period:,} µs")
    late = run.stats[-1][1].late if run.stats else None
    began = "how many began late was not told" if late is None else f"{late:,} began late"
    axes.set_title(f"{plain(title)}: {len(micros):,} bursts, {began}", fontsize=10, loc="left")
    axes.set_xlabel(f"burst time by the device's own clock (µs{wide})")
    axes.set_ylabel("bursts")
    axes.legend(fontsize=8, frameon=False)
    save(figure, path)


def histogram(axes: "Axes", micros: Ints) -> str:
    """Bars; on a scale that one long burst does not spoil. What the axis has to say of it."""
    most, middle = int(micros.max()), float(np.median(micros))
    if most <= 10 * max(middle, 1):
        edges = np.histogram_bin_edges(micros, min(80, max(5, len(np.unique(micros)))))
        axes.hist(micros, edges.tolist(), color="#555555")
        return ""
    ends = np.unique(np.round(np.geomspace(max(1, int(micros.min())), most + 1, 80))) - 0.5
    axes.hist(np.maximum(micros, 1), ends.tolist(), color="#555555")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    return ", logarithmic"


def _nothing(axes: "Axes", why: str) -> None:
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center")


KINDS: dict[str, Callable[[Path, RecordedRun, Span, str], None]] = {
    "rates": rates,
    "isi": isi,
    "times": times,
    "weights": weight_map,
}
"""Those that need nothing but a run: not raster (rasters.py) and trace (traces.py)."""
