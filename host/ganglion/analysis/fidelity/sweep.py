"""Sweep: fidelity over every width of state and weights and every range, as a table and a picture.

In:  a connectome, a stimulus, a number of bursts, a calibration.
Out: one Cell per combination; a picture of their F1.
Never: runs float32 more than once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...boards.memory import summary
from ...compiler import compile_connectome
from ...connectome.model import Connectome
from ...errors import QuantizeError
from ...export.plots.rasters import save
from ...quantization.options import STATES, WEIGHTS, QuantizeOptions, parse_range
from ...reference.real import RealStimulus
from .batched import Comparison, device_of, run
from .calibrate import Calibration
from .measure import Fidelity, ReferenceRun, measure, options_for, record

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTHS = tuple(s for s in STATES if s != "auto")
RANGES = ("genome", "calibrated", "feagi")


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination; `fidelity` is None where it has no integer form, and `refusal` says why."""

    state: str
    weights: str
    range: str
    fidelity: Fidelity | None
    ram: int
    blob: int
    refusal: str = ""

    def as_dict(self) -> dict[str, object]:
        """The row of the table, JSON-ready."""
        f = self.fidelity
        return {
            "state": self.state,
            "weights": self.weights,
            "range": self.range,
            "f1": f.f1 if f else None,
            "identical_bursts": f.identical_bursts if f else None,
            "open_loop": f.open_loop if f else None,
            "exact_areas": f.exact_areas if f else None,
            "spikes_int": f.spikes_int if f else None,
            "ram_bytes": self.ram,
            "blob_bytes": self.blob,
            "refusal": self.refusal or None,
        }


def sweep(
    connectome: Connectome,
    stimulus: RealStimulus,
    bursts: int,
    calibration: Calibration,
    reference: ReferenceRun | None = None,
    progress: Callable[[int], None] = lambda done: None,
    engine: str = "",
) -> list[Cell]:
    """Every combination, by range, weights and state.

    `engine` is `torch` or `torch:DEVICE`: all of them run at once there, with the same result.
    Raises UsageError or ToolError for an engine that is not here.
    """
    device = device_of(engine) if engine else ""
    reference = reference or record(connectome, stimulus, bursts)
    ranges = {
        "genome": parse_range("genome"),
        "calibrated": calibration.ranges,
        "feagi": parse_range("feagi"),
    }
    cells: list[Cell] = []
    waiting: list[tuple[int, QuantizeOptions, Comparison]] = []
    for name in RANGES:
        for weights in WEIGHTS:
            for state in WIDTHS:
                options = replace(
                    options_for(stimulus, state), weights=weights, ranges=ranges[name]
                )
                try:
                    brain = compile_connectome(connectome, options)
                except QuantizeError as error:
                    cells.append(Cell(state, weights, name, None, 0, 0, str(error)))
                    continue
                ram = summary(brain.network, brain.blob)["ram_total"]
                assert isinstance(ram, int)
                found = None
                if engine:
                    waiting.append((len(cells), options, Comparison(brain, stimulus, reference)))
                else:
                    found = measure(
                        connectome, stimulus, bursts, options, reference=reference, brain=brain
                    )
                cells.append(Cell(state, weights, name, found, ram, len(brain.blob)))
                progress(len(cells) - len(waiting))
    runs = run(connectome, [one for *_, one in waiting], bursts, device) if waiting else []
    for (at, options, one), engines in zip(waiting, runs, strict=True):
        found = measure(
            connectome, stimulus, bursts, options,
            reference=reference, brain=one.brain, engines=engines,
        )  # fmt: skip
        cells[at] = replace(cells[at], fidelity=found)
    progress(len(cells))
    return cells


def picture(cells: list[Cell], title: str, path: Path) -> None:
    """F1 by state width, one panel per range, one line per weight width.

    Raises GanglionError if the file cannot be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.2), layout="constrained")
    panels = figure.subplots(1, len(RANGES), sharey=True)
    for axes, name in zip(panels, RANGES, strict=True):
        _panel(axes, [c for c in cells if c.range == name], name)
    panels[0].set_ylabel("F1 against float32")
    panels[-1].legend(frameon=False)
    figure.suptitle(title)
    save(figure, path)


def _panel(axes: "Axes", cells: list[Cell], name: str) -> None:
    for weights, marker in zip(WEIGHTS, "os^", strict=True):
        mine = [c for c in cells if c.weights == weights and c.fidelity]
        x = [WIDTHS.index(c.state) for c in mine]
        y = [c.fidelity.f1 for c in mine if c.fidelity]
        axes.plot(x, y, marker=marker, label=f"weights {weights}", alpha=0.8)
    axes.set_xticks(range(len(WIDTHS)), WIDTHS)
    axes.set_xlabel("width of a potential")
    axes.set_title(f"range: {name}", fontsize="medium")
    axes.grid(alpha=0.3)
