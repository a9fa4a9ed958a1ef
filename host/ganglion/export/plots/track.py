"""Track: a robot's way through its room, beside the spikes that took it there.

In:  walls, poses, spikes, the network.
Out: a PNG or SVG file.
Never: opens a window; draws an axis without its unit.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...network.model import QuantizedNetwork
from .rasters import GROUP_COLOURS, key_of, name_rows, plain, rows_of, save, ticks

Ints = NDArray[np.int64]


def drive_picture(
    path: Path,
    walls: Sequence[Sequence[int]],
    track: Sequence[tuple[float, float, bool]],
    bursts: Ints,
    neurons: Ints,
    network: QuantizedNetwork,
    *,
    radius_mm: int = 0,
    title: str = "",
) -> None:
    """The room from above with the track (x, y in mm; whether it touched), and a raster.

    `bursts` and `neurons` name one spike each.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle

    figure = Figure(figsize=(13, 6), layout="constrained")
    above, raster = figure.subplots(1, 2, width_ratios=(1, 1.1))
    for x1, y1, x2, y2 in walls:
        above.plot([x1, x2], [y1, y2], color="black", lw=2, solid_capstyle="round")
    if track:
        xs, ys = np.array([t[0] for t in track]), np.array([t[1] for t in track])
        hit = np.array([t[2] for t in track])
        above.plot(xs, ys, color=GROUP_COLOURS["IPU"], lw=0.9, label="track of its centre")
        if hit.any():
            above.plot(
                xs[hit], ys[hit], "x", color=GROUP_COLOURS["OPU"], ms=5, label="touches a wall"
            )
        above.plot(xs[0], ys[0], "o", color="black", ms=4, label="start")
        above.add_patch(Circle((xs[-1], ys[-1]), radius_mm, fill=False, lw=1.2))
        above.plot([], [], "o", mfc="none", mec="black", ms=8, label="where it ends")
        for burst in _marks(len(track)):  # so that a place can be found in the raster
            above.plot(xs[burst - 1], ys[burst - 1], "o", color=GROUP_COLOURS["IPU"], ms=3)
            above.annotate(
                f"{burst:,}", (xs[burst - 1], ys[burst - 1]), xytext=(4, 4),
                textcoords="offset points", fontsize=7, color=GROUP_COLOURS["IPU"],
            )  # fmt: skip
        above.legend(
            fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, frameon=False,
            title="numbers along the track are bursts", title_fontsize=8,
        )  # fmt: skip
    above.set_aspect("equal")
    above.set_xlabel("x (mm)")
    above.set_ylabel("y (mm)")
    rows = rows_of(network)
    for i, row in enumerate(rows):
        if i % 2:
            raster.axhspan(row.low, row.high, color="#f0f0f0", lw=0, zorder=0)
        mine = (neurons >= row.first) & (neurons < row.stop)
        share = (neurons[mine] - row.first + 0.5) / (row.stop - row.first)
        colour = GROUP_COLOURS.get(network.areas[row.area].group, "#111111")
        height = 5 * 50 * (row.high - row.low) / rows[-1].high / (row.stop - row.first)
        ticks(raster, bursts[mine], row.low + share * (row.high - row.low), height, colour)
    raster.set_ylim(0, rows[-1].high if rows else 1)
    name_rows(raster, network, rows, [(row.low + row.high) / 2 for row in rows])
    if len(bursts):
        raster.set_xlim(0.5, float(bursts.max()) + 0.5)
    raster.set_xlabel("burst")
    raster.set_ylabel("neurons by area (number of neurons)")
    if title:
        figure.suptitle(plain(title), fontsize=10)
    key_of(figure, network, rows)
    save(figure, path)


def _marks(bursts: int) -> range:
    """Bursts that are written beside the track: about six, at round numbers."""
    rough = max(bursts // 6, 1)
    size = 10 ** (len(str(rough)) - 1)
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    return range(step, bursts - step // 3, step)
