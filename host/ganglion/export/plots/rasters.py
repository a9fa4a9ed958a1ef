"""Plot: what a brain did, as pictures.

In:  burst numbers and neuron numbers of spikes, and the network they belong to.
Out: PNG or SVG files, by the suffix of their name; readable in black and white.
Never: opens a window; drops a spike; draws an axis without its unit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...files import check_output, replacing
from ...network.model import QuantizedNetwork

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Ints = NDArray[np.int64]
FORMATS = (".png", ".svg")
# Dark enough in black and white, and told apart by those who see few colours.
GROUP_COLOURS = {
    "CORE": "#444444",
    "IPU": "#005a9c",
    "OPU": "#b3420a",
    "CUSTOM": "#111111",
    "MEMORY": "#00684a",
}
GROUP_WORDS = {
    "IPU": "sensors (IPU)",
    "OPU": "motors (OPU)",
    "CUSTOM": "areas between",
    "MEMORY": "memory",
    "CORE": "core",
}
_BAND = "#f0f0f0"
_MOST_VECTORS = 20_000  # spikes in an SVG that stay vectors
_MOST_AREAS = 60  # rows of labels; beyond, silent areas are left out and counted


@dataclass(frozen=True, slots=True)
class Row:
    """An area's place in a raster: neurons `first..stop−1` drawn from `low` to `high`."""

    area: int
    first: int
    stop: int
    low: float
    high: float


def rows_of(network: QuantizedNetwork, areas: list[int] | None = None) -> list[Row]:
    """Where each area is drawn, bottom up. Small areas get more than their share of height."""
    area_of = network.per_neuron("area")
    counts = np.bincount(area_of, minlength=len(network.areas))
    starts = np.cumsum(counts) - counts
    shown = [a for a in (areas or range(len(network.areas))) if counts[a]]
    heights = np.sqrt(counts[shown].astype(float))
    heights = np.maximum(heights, heights.sum() * 0.75 / max(len(shown), 1))
    rows, low = [], 0.0
    for area, height in zip(shown, heights.tolist(), strict=True):
        first = int(starts[area])
        rows.append(Row(area, first, first + int(counts[area]), low, low + height))
        low += height
    return rows


def raster(
    path: Path,
    bursts: Ints,
    neurons: Ints,
    network: QuantizedNetwork,
    *,
    first: int = 1,
    last: int | None = None,
    period_us: int = 0,
    title: str = "",
    clock: str = "time (s)",
) -> None:
    """Time by neuron, areas labelled, and below it the share of neurons that fire.

    `bursts` and `neurons` name one spike each, in any order. `first` and `last` are the bursts
    that the picture spans. With a period, a second axis counts seconds; `clock` names them.
    """
    last = last if last is not None else (int(bursts.max()) if len(bursts) else first)
    inside = (bursts >= first) & (bursts <= last)
    bursts, neurons = bursts[inside], neurons[inside]
    rows, left_out = _shown(network, neurons)
    figure, (above, below) = _figure(rows, last - first + 1)
    for i, row in enumerate(rows):
        if i % 2:
            above.axhspan(row.low, row.high, color=_BAND, lw=0, zorder=0)
        mine = (neurons >= row.first) & (neurons < row.stop)
        share = (neurons[mine] - row.first + 0.5) / (row.stop - row.first)
        points = figure.get_figheight() * 50 * (row.high - row.low) / rows[-1].high
        height = points / (row.stop - row.first)
        colour = GROUP_COLOURS.get(network.areas[row.area].group, "#111111")
        ticks(above, bursts[mine], row.low + share * (row.high - row.low), height, colour)
    above.set_ylim(0, rows[-1].high if rows else 1)
    name_rows(above, network, rows, [(row.low + row.high) / 2 for row in rows])
    above.set_ylabel("neurons by area (number of neurons)" + left_out)
    above.tick_params(axis="x", labelbottom=False)
    if title:
        above.set_title(plain(title), fontsize=10, loc="left")
    _population_rate(below, bursts, network.n_neurons, first, last)
    seconds_axis(above, period_us / 1e6, clock)
    key_of(figure, network, rows)
    save(figure, path)


def name_rows(
    axes: "Axes", network: QuantizedNetwork, rows: list[Row], places: list[float]
) -> None:
    """The areas' names beside their rows, in the colours of their kinds."""
    axes.set_yticks(places, [label_of(network, row) for row in rows])
    axes.tick_params(axis="y", length=0, labelsize=7)
    for row, label in zip(rows, axes.get_yticklabels(), strict=True):
        label.set_color(GROUP_COLOURS.get(network.areas[row.area].group, "#111111"))


def key_of(figure: "Figure", network: QuantizedNetwork, rows: list[Row]) -> None:
    """A key to the colours that a picture has."""
    from matplotlib.patches import Patch

    there = {network.areas[row.area].group for row in rows}
    handles = [
        Patch(color=GROUP_COLOURS[group], label=words)
        for group, words in GROUP_WORDS.items()
        if group in there
    ]
    if handles:
        figure.legend(
            handles=handles, loc="outside lower right", ncols=len(handles), fontsize=8,
            frameon=False, handlelength=1, handleheight=1,
        )  # fmt: skip


def _shown(network: QuantizedNetwork, neurons: Ints) -> tuple[list[Row], str]:
    rows = rows_of(network)
    if len(rows) <= _MOST_AREAS:
        return rows, ""
    active = np.unique(network.per_neuron("area")[neurons]).tolist()
    kept = rows_of(network, active)
    return kept, f"; {len(rows) - len(kept)} silent areas left out"


def label_of(network: QuantizedNetwork, row: Row) -> str:
    """An area's name and how many neurons it has."""
    name = network.areas[row.area].name or network.areas[row.area].id
    name = name if len(name) <= 28 else name[:27] + "…"
    return plain(f"{name} ({row.stop - row.first:,})")


def plain(text: str) -> str:
    """Text that a picture shows as it is: matplotlib takes what is between dollars for formulas."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("$", r"\$")


def _figure(rows: list[Row], bursts: int) -> tuple["Figure", tuple["Axes", "Axes"]]:
    from matplotlib.figure import Figure

    height = min(30.0, max(3.2, 0.19 * len(rows) + 1.2))
    figure = Figure(figsize=(10, height + 1.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[height, 1.1])
    return figure, (above, below)


def ticks(axes: "Axes", x: Ints, y: NDArray[np.float64], height: float, colour: str) -> None:
    """One mark per spike, nearly as tall as its neuron's row: `height` points."""
    marker = "|" if height > 0.9 else ","
    axes.plot(
        x, y, linestyle="none", marker=marker, markersize=min(8.0, max(1.2, 0.85 * height)),
        markeredgewidth=0.8, color=colour, rasterized=len(x) > _MOST_VECTORS,
    )  # fmt: skip


def _population_rate(axes: "Axes", bursts: Ints, neurons: int, first: int, last: int) -> None:
    """The share of neurons firing, averaged over as many bursts as a pixel or two shows."""
    width = max(1, (last - first + 1) // 500)
    edges = np.arange(first, last + 1 + width, width)
    counts, _ = np.histogram(bursts, np.append(edges, edges[-1] + width) - 0.5)
    spans = np.minimum(edges + width, last + 1) - edges
    spans = np.append(spans, 1)[: len(counts)]
    percent = 100.0 * counts / np.maximum(spans, 1) / max(neurons, 1)
    keep = edges <= last
    axes.stairs(
        percent[keep], np.append(edges[keep], last + 1) - 0.5, color="#111111", fill=True, lw=0
    )
    axes.set_ylim(bottom=0)
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.set_ylabel("firing (%)")
    axes.set_xlabel("burst" if width == 1 else f"burst (rate averaged over {width} bursts)")


def seconds_axis(axes: "Axes", seconds: float, clock: str = "time (s)") -> None:
    """A second axis above, in seconds, for an axis of bursts that last `seconds`; `clock` says
    what seconds they are, and nothing if nobody knows."""
    if not seconds or not clock:
        return

    def to_seconds(burst: ArrayLike) -> ArrayLike:
        return np.asarray(burst, dtype=np.float64) * seconds

    def to_bursts(time: ArrayLike) -> ArrayLike:
        return np.asarray(time, dtype=np.float64) / seconds

    second = axes.secondary_xaxis("top", functions=(to_seconds, to_bursts))
    second.set_xlabel(clock, fontsize=8)
    second.tick_params(labelsize=8)


def figure_of(height: float) -> tuple["Figure", "Axes"]:
    """A picture with one pair of axes, `height` inches tall."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, height), layout="constrained")
    return figure, figure.subplots()


def save(figure: "Figure", path: Path) -> None:
    """Writes a picture whole or not at all. The same picture gives the same bytes."""
    from matplotlib import rc_context

    check_output(path, FORMATS)
    kind = path.suffix.lower()[1:]
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with (
        replacing(path) as part,
        rc_context({"svg.hashsalt": "ganglion"}),
        catch_warnings(),
    ):
        # A name in a script that the font lacks is drawn as boxes.
        filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(part, format=kind, dpi=150, metadata=metadata)
