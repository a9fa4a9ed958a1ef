"""View of a monitor in a terminal: a raster by area, rates, and the state of things.

In:  a State, and as many columns and lines as there are.
Out: lines of styled text that exactly fill them; each cell shows two rows of neurons.
Never: reads a key, or draws anything itself; shows by colour alone what matters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from .state import BurstView, MonitorState

_RATE = 7  # columns
_COLUMNS_PER_SECOND = 25
# One hue per area, by turns, each in three strengths: few, some, many of the neurons of a cell.
_HUES = (
    ("#5f87af", "#5fafff", "#87d7ff"),
    ("#af875f", "#ffaf5f", "#ffd787"),
    ("#5f875f", "#5fd787", "#87ffaf"),
    ("#875f87", "#d787d7", "#ffafff"),
    ("#87875f", "#d7d75f", "#ffff87"),
    ("#875f5f", "#ff8787", "#ffafaf"),
)
_KEYS = (
    ("space", "pause"), ("↑↓", "area"), ("i", "inject"), ("m", "mark"), ("r", "record"),
    ("s", "stop or start"), ("q", "quit"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Band:
    """The lines of an area: `rows` of them, each of two rows of cells."""

    area: int
    first: int
    stop: int
    rows: int


def bands_of(state: MonitorState, lines: int) -> tuple[list[Band], int]:
    """How many lines each area gets; and how many areas found no room.

    Each area gets one, then large ones more. Without room for all, the selected and the busy stay.
    """
    some = np.flatnonzero(state.sizes).tolist()
    left_out = max(0, len(some) - lines)
    if left_out:
        rates = state.rates()
        ranked = sorted(some, key=lambda a: (a != state.selected, -rates[a], a))
        some = sorted(ranked[: max(1, lines - 1)])
        left_out = int((state.sizes > 0).sum()) - len(some)
    spare = lines - len(some) - (left_out > 0)
    rows = dict.fromkeys(some, 1)
    most = {a: max(1, (int(state.sizes[a]) + 1) // 2) for a in some}
    while spare > 0:
        open_ones = [a for a in some if rows[a] < most[a]]
        if not open_ones:
            break
        widest = max(open_ones, key=lambda a: np.sqrt(state.sizes[a]) / rows[a])
        rows[widest] += 1
        spare -= 1
    starts = np.cumsum(state.sizes) - state.sizes
    return [
        Band(a, int(starts[a]), int(starts[a] + state.sizes[a]), rows[a]) for a in some
    ], left_out  # fmt: skip


def bursts_per_column(pace: float) -> int:
    """A power of two, so that the picture moves about 25 columns a second."""
    return 1 << max(0, round(float(np.log2(max(pace, 1.0) / _COLUMNS_PER_SECOND))))


def grids(
    seen: list[BurstView], bands: list[Band], neurons: int, columns: int, each: int
) -> list[NDArray[np.float64]]:
    """Per band (2 · rows, columns): the share of the neurons of each cell that fired, per burst.

    Columns begin at multiples of `each`, so that a column once drawn only moves.
    """
    row_of = np.full(neurons, -1, dtype=np.int64)
    at = 0
    shares: list[float] = []
    cuts: list[int] = []
    for band in bands:
        count = band.stop - band.first
        rows = min(count, 2 * band.rows)
        row_of[band.first : band.stop] = at + np.arange(count) * rows // count
        shares.append(count / rows * each)
        cuts.append(at)
        at += rows
    newest = seen[-1].number // each if seen else 0
    shown = [burst for burst in seen if newest - burst.number // each < columns]
    column = np.array([columns - 1 - newest + b.number // each for b in shown], dtype=np.int64)
    counts = [len(burst.neurons) for burst in shown]
    fired = np.concatenate([np.zeros(0, np.uint16), *(burst.neurons for burst in shown)])
    row, column = row_of[fired], np.repeat(column, counts)
    inside = row >= 0
    flat = np.bincount(row[inside] * columns + column[inside], minlength=at * columns)
    cells = flat.reshape(at, columns).astype(np.float64)
    parts = np.split(cells, cuts[1:])
    return [
        part[np.arange(2 * band.rows) * len(part) // (2 * band.rows)] / share
        for band, part, share in zip(bands, parts, shares, strict=True)
    ]


class View:
    """A renderable that fills the terminal."""

    def __init__(self, state: MonitorState) -> None:
        self.state = state

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        colour = console.color_system is not None and not console.no_color
        height = options.height or console.height
        lines = self.lines(options.max_width, height, colour)
        for i, line in enumerate(lines):
            yield from line
            if i < len(lines) - 1:
                yield Segment.line()

    def lines(self, width: int, height: int, colour: bool) -> list[list[Segment]]:
        """`height` lines of at most `width` columns."""
        with self.state.lock:
            head = self._head(width)
            foot = [*self._robot(width, height // 2), *self._foot(width)]
            foot = [*self._weights(width, (height - len(head) - len(foot)) // 2), *foot]
            room = max(1, height - len(head) - len(foot))
            body = self._raster(width, room, colour)
        body += [[] for _ in range(room - len(body))]
        return [*head, *body, *foot][:height]

    # ---- parts

    def _raster(self, width: int, lines: int, colour: bool) -> list[list[Segment]]:
        state = self.state
        bands, left_out = bands_of(state, lines)
        room = max(2, min(26, max(12, width // 5), width - _RATE - 2))
        columns = max(1, width - room - _RATE - 1)
        each = bursts_per_column(state.pace()[0])
        seen, rates = state.visible(), state.rates()
        result: list[list[Segment]] = []
        drawn = grids(seen, bands, state.network.n_neurons, columns, each)
        for i, (band, cells) in enumerate(zip(bands, drawn, strict=True)):
            hue = _HUES[i % len(_HUES)] if colour else None
            chosen = band.area == state.selected
            area = state.network.areas[band.area]
            for row in range(band.rows):
                label = (area.name or area.id) if row == 0 else ""
                mark = "▶" if chosen and row == 0 else "│" if chosen else " "
                style = Style(bold=chosen, color=hue[1] if hue else None)
                line = [Segment(mark + set_cell_size(_fit(label, room - 2), room - 1), style)]
                line += _cells(cells[2 * row], cells[2 * row + 1], hue, _levels(cells))
                rate = f"{rates[band.area]:5.1f}%" if row == 0 else ""
                line.append(Segment(f" {rate:>{_RATE}}"[: _RATE + 1], style))
                result.append(line)
        if left_out:
            said = f" {left_out} more areas; a taller terminal shows them"
            result.append([Segment(said[:width], Style(dim=True))])
        return result

    def _robot(self, width: int, most: int) -> list[list[Segment]]:
        """Its figures, and its way through the room."""
        robot = self.state.robot
        return [[Segment(_fit(line, width))] for line in robot.lines(width, most)] if robot else []

    def _weights(self, width: int, most: int) -> list[list[Segment]]:
        """What plastic synapses have become."""
        weights = self.state.weights
        if weights is None:
            return []
        lines = weights.lines(self.state.source.reference, width, most)
        return [[Segment(_fit(line, width))] for line in lines]

    def _head(self, width: int) -> list[list[Segment]]:
        state = self.state
        verdict = state.verdict
        light, style = {
            "identical": ("●", Style(color="green")),
            "differs": ("✖", Style(color="red", bold=True)),
            "waiting": ("○", Style()),
            "off": ("–", Style(dim=True)),
        }[verdict.state]
        doing = "PAUSED " if state.paused else "" if state.running else "STOPPED "
        title = _fit(f" {state.source.title}  {doing}", width - 1)
        said = _fit(str(verdict), width - 1 - cell_len(title))
        return [[Segment(light, style), Segment(title, Style(bold=True)), Segment(said, style)]]

    def _foot(self, width: int) -> list[list[Segment]]:
        state = self.state
        pace, link = state.pace()
        stats, losses = state.stats, state.source.losses
        seen = state.visible()
        burst_us = seen[-1].micros if seen else 0
        mean = f" (mean {stats.mean_us:,}, max {stats.max_us:,})" if stats else ""
        of = f" of {state.source.period_us:,}" if state.source.period_us else ""
        first = (
            f"burst {state.last:,}  {pace:,.1f}/s  time {burst_us:,}{of} µs{mean}  "
            f"late {stats.late if stats else 0:,}"
        )
        heap = f"heap {stats.heap_free / 1024:,.0f} KiB  " if stats else ""
        gone = losses.missing + losses.incomplete
        recorder = state.recorder
        recording = f"  ● rec {recorder.bytes_written / 1024:,.0f} KiB" if recorder else ""
        second = (
            f"{heap}lost {gone:,} bursts, {losses.lost + losses.damaged:,} frames, "
            f"dropped {losses.dropped:,}  link {link / 1024:,.1f} KiB/s{recording}"
        )
        warn = Style(bold=True, color="red") if state.lost_anything else Style()
        told = state.said[-1] if state.said else None
        third = f"{told.at} {told.text}" if told else ""
        keys = Text()
        for key, what in _KEYS:
            keys.append(key, Style(reverse=True)).append(f" {what}  ")
        keys.truncate(width)
        return [
            [Segment(_fit(first, width))],
            [Segment(_fit(second, width), warn)],
            [Segment(_fit(third, width), Style(italic=True))],
            [Segment(text, span) for text, span in _spans(keys)],
        ]


def _levels(cells: NDArray[np.float64]) -> tuple[float, float, float]:
    """Where few, some and many begin: whatever fired shows, and more than usual stands out."""
    mean = float(cells.mean())
    return 1e-9, max(0.7 * mean, 1e-8), max(1.5 * mean, 1e-7) if mean < 0.6 else 1.0


def _cells(
    upper: NDArray[np.float64],
    lower: NDArray[np.float64],
    hue: tuple[str, str, str] | None,
    levels: tuple[float, float, float],
) -> list[Segment]:
    """A line of half blocks, in strengths of a hue; without colour, in shades."""
    if hue is None:
        pairs = zip(upper.tolist(), lower.tolist(), strict=True)
        return [Segment("".join(_shade(a, b, levels) for a, b in pairs))]
    top, low = (np.digitize(share, levels) for share in (upper, lower))
    result: list[Segment] = []
    text, last = "", (0, 0)
    for pair in zip(top.tolist(), low.tolist(), strict=True):
        if text and pair != last:
            result.append(Segment(text, _style(last, hue)))
            text = ""
        text, last = text + _glyph(*pair), pair
    return [*result, Segment(text, _style(last, hue))]


def _shade(upper: float, lower: float, levels: tuple[float, float, float]) -> str:
    """Without colour: which half fired while that is clear, else how much of both."""
    few, some, many = levels
    if upper >= some or lower >= some:
        if (upper >= some) != (lower >= some):
            return "▀" if upper >= some else "▄"
        return "█" if upper >= many and lower >= many else "▓"
    return "░" if max(upper, lower) >= few else " "


def _glyph(top: int, low: int) -> str:
    if top and low:
        return "█" if top == low else "▀"
    return "▀" if top else "▄" if low else " "


def _style(levels: tuple[int, int], hue: tuple[str, str, str]) -> Style | None:
    top, low = levels
    if top and low and top != low:
        return Style(color=hue[top - 1], bgcolor=hue[low - 1])
    return Style(color=hue[max(top, low) - 1]) if top or low else None


def _fit(text: str, width: int) -> str:
    """At most `width` columns; names come from genomes, and may hold anything."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def _spans(text: Text) -> list[tuple[str, Style | None]]:
    console = Console(width=len(text.plain) + 1)
    return [(segment.text, segment.style) for segment in text.render(console, end="")]
