"""API: what a Python program does with Ganglion, a function for each verb.

In:  paths, connectomes, brains, names of devices and stimuli as the command line takes them.
Out: values: Connectome, Brain, Run, Verdict, Comparison; files where one is asked for.
Never: prints; asks; keeps anything between two calls.

`import ganglion` offers these names, and loads what one needs when it is used.
"""

from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from .analysis.comparison.compare import Comparison
from .analysis.comparison.compare import compare as _compare
from .blob.container import BLOB_SUFFIX, decode
from .boards.board import Board, load_board
from .brains import open_brain
from .compiler import Brain, StoredBrain, compile_connectome
from .connectome.model import Connectome, Dynamics
from .device.device import Device, open_device
from .errors import DeviceError
from .files import read_bytes, write_bytes
from .frontends.feagi import Genome, Policy
from .frontends.feagi.develop import develop
from .frontends.feagi.reader import read as read_genome
from .frontends.read import connectome_of
from .link.messages import Fault
from .quantization.options import QuantizeOptions
from .recording.run import Run, outline_of
from .reference.injection import parse as parse_injections
from .reference.stimulus import RandomStimulus
from .simulation.engines import Engine, engine_of_network
from .simulation.prepare import prepare
from .simulation.stimuli import Ports
from .simulation.stimuli import parse as parse_stimulus
from .verification.verdict import Divergence, Verdict
from .verification.verify import verify as _verify

if TYPE_CHECKING:
    from .device.installation.deploy import Deployed
    from .device.installation.flash import Flashed

__all__ = [
    "Board",
    "Brain",
    "Comparison",
    "Connectome",
    "Device",
    "Divergence",
    "Dynamics",
    "Genome",
    "Policy",
    "QuantizeOptions",
    "RandomStimulus",
    "Run",
    "StoredBrain",
    "Verdict",
    "compare",
    "compile",
    "deploy",
    "develop",
    "flash",
    "load",
    "load_board",
    "open_device",
    "plot",
    "read",
    "read_genome",
    "read_run",
    "record",
    "save",
    "simulate",
    "verify",
]

Place = str | Path
Source = Place | Connectome | StoredBrain
"""A brain, what it is compiled from, or the path of either."""


def read(path: Place, policy: Policy | None = None) -> Connectome:
    """The connectome of a genome (.json) or of a connectome file (.npz).

    `policy` says what to do where a genome is ambiguous. Raises GenomeError or ConnectomeError.
    """
    return connectome_of(Path(path), policy)[0]


def compile(
    source: Place | Connectome,
    options: QuantizeOptions | None = None,
    *,
    board: str = "",
    counter: int = 0,
) -> Brain:
    """The brain of a connectome, in integers, with its overflow proof and golden vector.

    The same connectome and options give the same bytes on every machine. `board`: the name of the
    only board that may run it, "" = any. `counter`: a device refuses to go back to a lower one.
    Raises QuantizeError, DoesNotFitError, or what `read` raises.
    """
    connectome = source if isinstance(source, Connectome) else read(source)
    return compile_connectome(connectome, options, board=board, counter=counter)


def load(path: Place) -> StoredBrain:
    """The brain in a .gbn file, checked and proved. Raises BlobError."""
    blob = read_bytes(Path(path))
    return StoredBrain(decode(blob), blob)


def save(brain: StoredBrain, path: Place) -> None:
    """Writes a brain as a .gbn file, whole or not at all. Raises GanglionError."""
    write_bytes(Path(path), brain.blob)


def simulate(
    source: Source, bursts: int = 1000, stimulus: str = "random:1", precision: str | None = None
) -> Run:
    """Runs a brain or a connectome on this machine.

    `stimulus`: random:SEED[:RATE], whole:SEED, graded:SEED, structured:SEED, file:PATH or none.
    `precision`: fp32, fp16 or int8; a brain is int8, a connectome what its genome asks for.
    Raises UsageError, StimulusError, or what compiling raises.
    """
    if not isinstance(source, Connectome | StoredBrain):
        path = Path(source)
        source = load(path) if path.suffix == BLOB_SUFFIX else read(path)
    if isinstance(source, StoredBrain):
        network = source.network
        running: Engine = engine_of_network(network, precision, bursts)
        given = parse_stimulus(stimulus, Ports.of_network(network), network)
        seconds = network.timestep_us / 1e6
    else:
        running, given, _ = prepare(source, precision, stimulus)
        network, seconds = outline_of(source), source.timestep
    return Run.of(network, [running.follow(given) for _ in range(bursts)], seconds)


def verify(
    source: Source,
    device: str | Device = "virtual",
    bursts: int = 1000,
    stimulus: str = "random:1",
    *,
    inject: tuple[str, ...] = (),
    period_us: int = 0,
    deploy: bool = True,
) -> Verdict:
    """Runs a brain on a device and on the reference, and compares every bit of every burst.

    `device` is a name (virtual, auto, a port ...) or an open Device. `inject`: potentials by
    AREA:X,Y,Z=POTENTIAL@BURST. `period_us`: microseconds from burst to burst, 0 = as fast as
    possible. `deploy`: put the brain there first, if it has another. Raises DeviceError if
    telemetry is lost: then there is no verdict.
    """
    brain = _brain(source)
    with nullcontext(device) if isinstance(device, Device) else open_device(device) as opened:
        if deploy:
            opened.ensure(brain.blob)
        return _verify(
            brain.network, opened, bursts, RandomStimulus.parse(stimulus),
            injected=parse_injections(inject, brain.network), period_us=period_us,
        )  # fmt: skip


def record(
    source: Source,
    path: Place,
    device: str = "virtual",
    bursts: int = 1000,
    stimulus: str = "random:1",
    *,
    inject: tuple[str, ...] = (),
    period_us: int = 0,
) -> Run:
    """Runs a brain on a device and keeps every byte of it in a recording (.gbr), a new file.

    Raises DeviceError if the device fails; what came until then is in the file.
    """
    from .monitor.live import Live, Settings
    from .recording.file import Recorder

    brain = _brain(source)
    settings = Settings(
        bursts, RandomStimulus.parse(stimulus), period_us,
        injected=parse_injections(inject, brain.network),
    )  # fmt: skip
    live = Live(device, brain.network, brain.blob, settings, compare=False)
    with Recorder(Path(path), brain.blob, live.meta()) as recorder, closing(live.events()) as seen:
        live.recorder = recorder
        for event in seen:
            recorder.check()
            if isinstance(event, Fault):
                raise DeviceError(f"the device failed: {event}", f"what came is in {path}")
    return read_run(path)


def read_run(path: Place, number: int | None = None) -> Run:
    """A run of a recording (.gbr): number 1, 2 ...; the longest if none is given.

    Raises RecordingError.
    """
    from .recording.material import RecordedRun
    from .recording.replay import open_run

    recording, network, run = open_run(Path(path), number)
    seconds = RecordedRun(recording, network, run).seconds
    return Run(network, run.last, run.spike_burst, run.spike_neuron, seconds, Path(path))


def compare(
    a: str, b: str, *, bursts: int | None = None, stimulus: str = "random:1",
    brain: Place | None = None,
) -> Comparison:  # fmt: skip
    """Two runs side by side, by the places of their neurons: how alike, and where they differ.

    Each is a recording (FILE.gbr, FILE.gbr#2), a simulation (sim:GENOME@fp32, sim:BRAIN.gbn) or
    a device, which runs `brain`. Raises UsageError if they have nothing in common.
    """
    named = Path(brain) if brain is not None else None
    return _compare((a, b), bursts=bursts, stimulus=stimulus, brain=named).result


def plot(
    run: Run, path: Place, *, first: int = 1, last: int | None = None, title: str = ""
) -> None:
    """Draws the spikes of bursts `first` to `last`, area by area, as a .png or .svg file.

    Raises UsageError for another suffix.
    """
    from .export.plots.rasters import raster

    raster(
        Path(path), run.burst, run.neuron, run.shape, first=first, last=last or max(run.bursts, 1),
        period_us=round(run.seconds * 1e6), title=title,
    )  # fmt: skip


def flash(
    source: Source, board: str | Board, port: str = "auto", *, firmware: Place | None = None,
    tell: Callable[[str], None] = lambda stage: None,
) -> "Flashed":  # fmt: skip
    """Writes MicroPython, our firmware and a brain onto a board, and waits until it says HELLO.

    What the board held is lost. `firmware`: an official MicroPython image; without it the one that
    the board file names is downloaded. `tell` is called with each stage. Raises BoardError before
    anything is written if image, chip and brain do not fit each other.
    """
    from .device.installation.flash import flash as write
    from .device.installation.flash import plan
    from .link.ports import find_port

    described = load_board(board) if isinstance(board, str) else board
    made = plan(described, Path(firmware) if firmware else None, blob=_brain(source).blob)
    return write(made, find_port(port), tell=tell)


def deploy(
    source: Source, device: str = "auto", *, board: str | Board | None = None, force: bool = False,
    keep_firmware: bool = False,
) -> "Deployed":  # fmt: skip
    """Puts a brain, and our firmware if it is another version's, onto a board that runs.

    The brain is tried at a new start before the one that was there is let go. `board`: what it is,
    needed where our firmware is not yet. `force`: also if it is older, or there already. Raises
    what the device refused it for; then the old brain runs.
    """
    from .device.installation.deploy import deploy as install

    described = load_board(board) if isinstance(board, str) else board
    return install(
        device, _brain(source).blob, lambda label, total: nullcontext(lambda done: None),
        board=described, force=force, keep_firmware=keep_firmware,
    )  # fmt: skip


def _brain(source: Source) -> StoredBrain:
    if isinstance(source, StoredBrain):
        return source
    if isinstance(source, Connectome):
        return compile_connectome(source)
    network, blob = open_brain(Path(source))
    return StoredBrain(network, blob)
