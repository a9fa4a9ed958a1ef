"""Fidelities: how far a genome in integers fires as it does in float32.

In:  a genome, how to quantize it, a stimulus.
Out: F1, identical bursts, open loop, chaos floor, the first divergence and its cause; a sweep.
Never: judges a figure: it is a measurement, not a test.
"""

from dataclasses import dataclass
from pathlib import Path

from ..analysis.fidelity import layers
from ..analysis.fidelity import measure as measuring
from ..analysis.fidelity.calibrate import calibrate
from ..analysis.fidelity.choice import QuantizeChoice, prepared
from ..analysis.fidelity.layers import CAUSES, NirFidelity
from ..analysis.fidelity.measure import EARLY, Fidelity
from ..analysis.fidelity.sweep import RANGES, WIDTHS, Cell, picture, sweep
from ..blob.container import brain_id
from ..brains import nir_brain, nir_model
from ..compiler import Brain
from ..connectome.model import Connectome
from ..export.plots.rasters import FORMATS
from ..frontends.feagi import Policy
from ..frontends.read import connectome_of
from ..frontends.trace import read as read_trace
from ..quantization.options import QuantizeOptions
from ..reference.real import RealStimulus
from ..reference.stimulus import DEFAULT_STIMULUS
from ..simulation.stimuli import Ports, parse
from .progress import Progress, silent

__all__ = [
    "CAUSES", "EARLY", "FORMATS", "Cell", "Fidelity", "FidelitySweep", "NirFidelity", "Subject",
    "measure", "measure_layers", "subject_of", "sweep_widths",
]  # fmt: skip

_TRACE_SUFFIX = ".gz"


@dataclass(frozen=True)
class Subject:
    """A connectome and its brain, and what both are fed."""

    connectome: Connectome
    brain: Brain
    stimulus: RealStimulus
    options: QuantizeOptions
    bursts: int


@dataclass(frozen=True, slots=True)
class FidelitySweep:
    """A fidelity for each range, width of weights and width of state."""

    cells: list[Cell]
    stimulus: str
    bursts: int
    calibrated_by: str


def subject_of(
    path: Path, choice: QuantizeChoice, bursts: int | None = None, stimulus: str | None = None,
    policy: Policy | None = None,
) -> Subject:  # fmt: skip
    """What is to be measured: of a genome, a connectome or a golden trace with its own inputs.

    Raises UsageError, StimulusError, or what compiling raises.
    """
    traced = path.suffix == _TRACE_SUFFIX
    if traced:
        trace = read_trace(path)
        connectome, bursts = trace.connectome, bursts or trace.bursts
        stimulus = stimulus or f"file:{path}"
    else:
        connectome = connectome_of(path, policy)[0]
    given, options, brain = prepared(
        connectome, stimulus or DEFAULT_STIMULUS, choice, anywhere=traced
    )
    return Subject(connectome, brain, given, options, bursts or 1000)


def measure(subject: Subject, progress: Progress = silent) -> Fidelity:
    """Runs both, and compares."""
    s = subject
    with progress("float32", 0):
        reference = measuring.record(s.connectome, s.stimulus, s.bursts)
    with progress("integers", s.bursts) as advance:
        return measuring.measure(
            s.connectome, s.stimulus, s.bursts, s.options, reference=reference, brain=s.brain,
            progress=advance,
        )  # fmt: skip


def sweep_widths(
    subject: Subject, choice: QuantizeChoice, name: str, path: Path | None = None, *,
    engine: str = "", progress: Progress = silent,
) -> FidelitySweep:  # fmt: skip
    """The same for all ranges and widths; `path`: a picture of it, titled `name`.

    `engine`: torch[:DEVICE] runs the integers as batches there.
    """
    connectome, stimulus, bursts = subject.connectome, subject.stimulus, subject.bursts
    by = choice.calibrate_by or stimulus.name
    source = stimulus if by == stimulus.name else parse(
        by, Ports.of_connectome(connectome), connectome=connectome
    )  # fmt: skip
    seen = calibrate(connectome, source, min(choice.calibrate_bursts, bursts))
    with progress("sweep", len(RANGES) * len(WIDTHS) * 3) as advance:
        cells = sweep(connectome, stimulus, bursts, seen, progress=advance, engine=engine)
    if path is not None:
        picture(cells, f"{name}, {stimulus.name}, {bursts} bursts", path)
    return FidelitySweep(cells, stimulus.name, bursts, by)


def measure_layers(
    path: Path, bits: int = 8, bursts: int | None = None, stimulus: str | None = None,
    progress: Progress = silent,
) -> tuple[NirFidelity, str]:  # fmt: skip
    """Every value of every layer of a network (.nir) against the tool's arithmetic; its brain's id.

    `bits`: of a weight. Raises NirError, StimulusError.
    """
    bursts = bursts or 200
    brain = nir_brain(path, bits)
    inputs = layers.inputs_of(stimulus or DEFAULT_STIMULUS, brain, bursts)
    with progress("layers", bursts) as advance:
        found = layers.measure(nir_model(path), brain, inputs, bits, advance)
    return found, brain_id(brain.blob).hex()
