"""Simulations: a brain or a connectome on this machine, at any precision.

In:  a genome, a connectome or a brain; a precision, a stimulus.
Out: a Run; or what fired by area, burst by burst where that is asked for.
Never: runs floating point for a brain: a brain is integers.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..blob.container import BLOB_SUFFIX
from ..brains import NIR_SUFFIX, nir_pair
from ..compiler import StoredBrain
from ..connectome.model import Area, Connectome
from ..frontends.feagi import Policy
from ..frontends.read import connectome_of
from ..network.model import AreaInfo
from ..reference.real import RealStimulus
from ..simulation.engines import Engine, IntegerEngine, canonical, engine_of_network
from ..simulation.prepare import prepare
from ..simulation.stimuli import Ports, parse
from .brains import NO_SYNAPSE, OpenedBrain, Source, load, open_brain, read
from .progress import Progress, Tell, silent, unheard

if TYPE_CHECKING:
    from ..analysis.fidelity.choice import QuantizeChoice
    from ..recording.run import Run

__all__ = ["Simulated", "simulate", "simulate_file"]

OnBurst = Callable[[int, list[int]], None]
"""Takes a burst's number, and the neurons that fired in it, ascending."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What there is to say of a simulation."""

    precision: str
    state: str | None
    """width of the potentials, of integers"""
    stimulus: str
    bursts: int
    spikes: int
    spikes_by_area: dict[str, int]
    chain: str | None
    """of all digests, of integers"""
    clamped_inputs: int
    seconds: float
    brain_id: str | None

    def as_dict(self) -> dict[str, object]:
        """The same, JSON-ready."""
        return asdict(self)


def simulate(
    source: Source, bursts: int = 1000, stimulus: str = "random:1", precision: str | None = None
) -> "Run":
    """Runs a brain or a connectome on this machine.

    `stimulus`: random:SEED[:RATE], whole:SEED, graded:SEED, structured:SEED, file:PATH or none.
    `precision`: fp32, fp16 or int8; a brain is int8, a connectome what its genome asks for.
    Raises UsageError, StimulusError, or what compiling raises.
    """
    from ..recording.run import Run, outline_of

    if not isinstance(source, Connectome | StoredBrain):
        path = Path(source)
        source = load(path) if path.suffix == BLOB_SUFFIX else read(path)
    if isinstance(source, Connectome):
        running, given, _ = prepare(source, precision, stimulus)
        network, seconds = outline_of(source), source.timestep
    else:
        network = source.network
        running = engine_of_network(network, precision, bursts)
        given = parse(stimulus, Ports.of_network(network), network)
        seconds = network.timestep_us / 1e6
    return Run.of(network, [running.follow(given) for _ in range(bursts)], seconds)


def simulate_file(
    path: Path, bursts: int = 1000, stimulus: str = "random:1", precision: str | None = None, *,
    choice: "QuantizeChoice | None" = None, policy: Policy | None = None,
    on_burst: OnBurst | None = None, progress: Progress = silent, warn: Tell = unheard,
) -> Simulated:  # fmt: skip
    """As `simulate`, of a file; keeps no raster, so that it may be as long as one likes.

    `warn` is told, before the run, that nothing can happen in this brain; it may raise.
    """
    areas: tuple[Area, ...] | tuple[AreaInfo, ...]
    if path.suffix in (BLOB_SUFFIX, NIR_SUFFIX):
        running, opened = _of_brain(path, bursts, precision, choice)
        network = opened.network
        given = parse(stimulus, Ports.of_network(network), network)
        areas, area_of = network.areas, network.per_neuron("area")
        identity: str | None = opened.id
        silence = opened.warnings
    else:
        connectome, _ = connectome_of(path, policy)
        running, given, made = prepare(
            connectome, precision, stimulus,
            lambda fed: choice.options(connectome, fed) if choice else None,
        )  # fmt: skip
        identity = made.id if made else None
        areas, area_of = connectome.areas, connectome.area.astype(np.int64)
        silence = () if connectome.n_synapses else (NO_SYNAPSE,)
    for sentence in silence:
        warn(f"{path}: {sentence}")
    return _run(running, given, bursts, areas, area_of, identity, on_burst, progress)


def _of_brain(
    path: Path, bursts: int, precision: str | None, choice: "QuantizeChoice | None"
) -> tuple[Engine, OpenedBrain]:
    """A brain at work; of a network (.nir) in float32 as its tool computes, if that was asked."""
    if path.suffix != NIR_SUFFIX:
        opened = open_brain(path)
        return engine_of_network(opened.network, precision, bursts), opened
    from ..simulation.trained import TrainedEngine, is_float

    model, made = nir_pair(path, choice.weight_bits if choice else 8)
    opened = OpenedBrain(made.network, made.blob)
    if is_float(precision):
        return TrainedEngine(model, made), opened
    return engine_of_network(made.network, precision, bursts), opened


def _run(
    running: Engine, stimulus: RealStimulus, bursts: int,
    areas: tuple[Area, ...] | tuple[AreaInfo, ...], area_of: NDArray[np.int64],
    identity: str | None, on_burst: OnBurst | None, progress: Progress,
) -> Simulated:  # fmt: skip
    counts: Counter[int] = Counter()
    total = 0
    integer = running if isinstance(running, IntegerEngine) else None
    begun = time.monotonic()
    with progress("simulating", bursts) as advance:
        for burst in range(1, bursts + 1):
            fired = running.follow(stimulus)
            total += len(fired)
            counts.update(area_of[fired].tolist())
            if integer:
                integer.reference.digest()
            if on_burst:
                on_burst(burst, fired.tolist())
            advance(burst)
    return Simulated(
        canonical(running.precision), running.state, stimulus.name, bursts, total,
        {areas[a].id: n for a, n in sorted(counts.items())},
        f"{integer.reference.chain:08x}" if integer else None,
        integer.clamped if integer else 0, round(time.monotonic() - begun, 3), identity,
    )  # fmt: skip
