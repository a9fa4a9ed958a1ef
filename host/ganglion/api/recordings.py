"""Recordings: runs that were kept: read, held against the reference, drawn, written for others.

In:  the path of a recording, and which of its runs.
Out: a Run; a Chosen run with what is odd about it; a Verdict; pictures; files of other formats.
Never: needs the device; chooses between several runs without saying so.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..blob.container import brain_id
from ..errors import UsageError
from ..network.model import QuantizedNetwork
from ..recording.file import Recording
from ..recording.material import RecordedRun
from ..recording.replay import choose, network_of
from ..recording.run import Run
from ..recording.runs import Run as RawRun
from ..recording.runs import runs
from ..recording.summary import lines, missing_of, summary

if TYPE_CHECKING:
    from ..verification.verdict import Verdict

__all__ = [
    "Chosen", "Run", "contents", "described", "open_recording", "plot", "plot_recording",
    "read_run", "verify_recording",
]  # fmt: skip

Span = tuple[int | None, int | None]


@dataclass(frozen=True)
class Chosen:
    """One run of a recording."""

    recording: Recording
    network: QuantizedNetwork
    run: RawRun
    warnings: tuple[str, ...]
    """what may make it another than was meant"""
    remark: str
    """which of several it is; empty if it was named, or is the only one"""

    @property
    def material(self) -> RecordedRun:
        """The same as arrays, with their meaning."""
        return RecordedRun(self.recording, self.network, self.run)

    @property
    def brain_id(self) -> str:
        """The brain's, in hexadecimal digits."""
        return brain_id(self.recording.blob).hex()

    @property
    def missing(self) -> str:
        """What of the run is not there, in words; empty if it is whole."""
        return missing_of(self.run)


def open_recording(path: str | Path, number: int | None = None) -> Chosen:
    """A run of a recording: number 1, 2 ...; the longest if none is given.

    Raises RecordingError, or UsageError for a number that it has not.
    """
    path = Path(path)
    recording = Recording(path)
    network = network_of(recording)
    found = runs(recording)
    run = choose(recording, number, found)
    warnings = [f"{path} {fault.removeprefix('it ')}" for fault in recording.faults]
    remark = ""
    if number is None and len(found) > 1:
        here = next(i for i, candidate in enumerate(found) if candidate is run) + 1
        remark = f"this is run {here} of {len(found)}, the longest; --run N chooses another"
    if run.partial:
        warnings.append(f"run not whole: {missing_of(run)}")
    return Chosen(recording, network, run, tuple(warnings), remark)


def read_run(path: str | Path, number: int | None = None) -> Run:
    """A run of a recording (.gbr): number 1, 2 ...; the longest if none is given.

    Raises RecordingError.
    """
    chosen = open_recording(path, number)
    run = chosen.run
    return Run(
        chosen.network, run.last, run.spike_burst, run.spike_neuron, chosen.material.seconds,
        Path(path),
    )  # fmt: skip


def contents(path: str | Path) -> dict[str, object]:
    """What a recording holds, JSON-ready: its brain, its runs, what was said meanwhile."""
    return summary(Recording(Path(path)))


def described(path: str | Path) -> list[str]:
    """The same in lines for a person."""
    return lines(Recording(Path(path)))


def verify_recording(chosen: Chosen) -> "Verdict":
    """A recorded run against the reference, fed as the device was.

    Raises RecordingError where the recording does not say how.
    """
    from ..verification.recorded import check

    return check(chosen.network, chosen.run)


def plot(
    run: Run, path: str | Path, *, first: int = 1, last: int | None = None, title: str = ""
) -> None:
    """Draws the spikes of bursts `first` to `last`, area by area, as a .png or .svg file.

    Raises UsageError for another suffix.
    """
    from ..export.plots.rasters import raster

    raster(
        Path(path), run.burst, run.neuron, run.shape, first=first, last=last or max(run.bursts, 1),
        period_us=round(run.seconds * 1e6), title=title,
    )  # fmt: skip


def plot_recording(
    chosen: Chosen, path: Path, kind: str = "raster", *, span: Span = (None, None),
    title: str = "", neurons: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Draws a recorded run as a picture of a kind (pictures.KINDS), a .png or .svg file.

    `span`: the first and the last burst. `neurons`: of a trace, by number or AREA:X,Y,Z. Raises
    UsageError for what makes no sense.
    """
    from ..export.plots.kinds import KINDS
    from ..export.plots.rasters import raster
    from ..export.plots.traces import trace

    network, run, material = chosen.network, chosen.run, chosen.material
    first = span[0] or 1
    last = min(span[1] or max(run.last, 1), max(run.last, 1))
    if first > last:
        raise UsageError(
            f"bursts {first} to {last} are none", f"the run has bursts 1 to {run.last}"
        )
    title = title or f"{chosen.recording.path.name}: {material.cited}"
    if kind == "raster":
        raster(
            path, run.spike_burst, run.spike_neuron, network, first=first, last=last,
            period_us=round(material.seconds * 1e6), title=title, clock=material.clock,
        )  # fmt: skip
    elif kind == "trace":
        if not neurons:
            raise UsageError(
                "a trace is of one neuron or of some", "name them with --neuron AREA:X,Y,Z"
            )
        from ..analysis.explain import find

        trace(path, material, (first, last), title, [find(network, word) for word in neurons])
    else:
        KINDS[kind](path, material, (first, last), title)
