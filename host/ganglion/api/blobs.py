"""Blobs: genomes compiled into files for boards, and looked into.

In:  the path of a genome (.json), a connectome (.npz), a network (.nir) or a brain (.gbn).
Out: a Compiled: the bytes and everything there is to say of them; what is inside a brain.
Never: writes a brain of which something has to be said before it was.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.fidelity.choice import QuantizeChoice
from ..blob.container import BLOB_SUFFIX, VERSION, brain_id, encode, split
from ..boards.memory import check_fits, summary
from ..brains import network_of, nir_brain
from ..compiler import LayeredBrain, compile_connectome, compile_learnt
from ..connectome.model import Dynamics, canonical_precision
from ..errors import UsageError
from ..files import check_distinct, check_output
from ..frontends.feagi import Notice, Policy
from ..frontends.read import connectome_of
from ..network.model import QuantizedNetwork
from ..network.proof import prove
from ..quantization.description import configs_of
from .brains import silence_of
from .networks import is_network

if TYPE_CHECKING:
    from ..boards.board import Board
    from .layers import NodeVerdict

__all__ = [
    "Compiled", "check_precision", "compile_file", "decided", "inspect_file", "output_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compiled:
    """A blob that is not yet a file, and what there is to say of it."""

    blob: bytes
    facts: dict[str, Any]
    """of its report, JSON-ready"""
    notices: tuple[Notice, ...] = ()
    """what was odd in the genome, and what quantization made of it"""
    warnings: tuple[str, ...] = ()
    """why next to nothing can happen in it"""
    verdicts: "tuple[NodeVerdict, ...] | None" = None
    """of a network's nodes; None for a genome"""


def check_precision(word: str) -> None:
    """Raises UsageError unless the word means int8, the one precision that a board runs."""
    precision = canonical_precision(word)
    if precision is None:
        raise UsageError(f"the precision {word!r} is unknown", "use int8, fp16 or fp32")
    if precision != "int8":
        raise UsageError(
            f"a blob is int8, and {precision} was asked for",
            f"boards run integers only; `ganglion simulate --precision {precision}` runs it here",
        )


def output_of(
    source: Path, output: Path | None, report: Path | None = None, inputs: Sequence[Path] = ()
) -> Path:
    """Where the blob of `source` is to go, if it and its report can be written there.

    `inputs` are other files that must not be lost to it. Raises UsageError or GanglionError, or
    GenomeError if `source` is a brain already.
    """
    if source.suffix == BLOB_SUFFIX:
        connectome_of(source)  # says so
    output = output or check_output(source.with_suffix(BLOB_SUFFIX), inputs=(source,))
    for path in (output, report):
        if path is not None:
            check_output(path, inputs=(source, *inputs))
    check_distinct(output, report)
    if output.suffix in (".json", ".npz"):
        raise UsageError(
            f"{output} would be read as a genome or a connectome, and a blob is to be written",
            f"end its name in {BLOB_SUFFIX}",
        )
    return output


def decided(undecided: Sequence[str]) -> str:
    """What a golden vector tells of a device, in words: `undecided` of a report (SPEC 6.9)."""
    from ..analysis.report import decided as in_words

    return in_words(list(undecided))


def compile_file(
    path: Path, choice: QuantizeChoice, *, board: str = "", only: bool = False, counter: int = 0,
    key: Path | None = None, learned: Path | None = None, dynamics: Dynamics | None = None,
    robot: Path | None = None, policy: Policy | None = None,
) -> Compiled:  # fmt: skip
    """The blob of a genome, a connectome or a network.

    `board` must have room for it, and `only` that may run it. `key`: the private one to sign it.
    `learned`: a file of what it is to begin with. `robot`: a robot file whose tables go in. Raises
    UsageError, what reading raises, QuantizeError or DoesNotFitError.
    """
    if only and not board:
        raise UsageError("--only says nothing without a board", "name one with --board")
    fits = _board(board) if board else None
    name = fits.name if fits is not None and only else ""
    if is_network(path):
        return _layers(path, choice.weight_bits, fits, name, counter, key)
    connectome, notices = connectome_of(path, policy, dynamics)
    brain = compile_connectome(connectome, choice.options(connectome), board=name, counter=counter)
    if learned is not None:
        from ..blob.learnt import load as load_learnt

        brain = compile_learnt(brain, load_learnt(learned, brain.network))
    if robot is not None:
        from ..reference.branches import ROBOT
        from ..robot.compile import compile_robot
        from ..robot.file import read_robot

        program = compile_robot(read_robot(robot)[0], brain.network)
        network = replace(brain.network, robot=program)
        undecided = (*brain.undecided, ROBOT)
        brain = replace(brain, network=network, blob=encode(network), undecided=undecided)
    if fits is not None:
        check_fits(brain.network, brain.blob, fits)
    from ..analysis.findings import findings
    from ..analysis.report import report

    return Compiled(
        _signed(brain.blob, key), report(brain, connectome, notices),
        notices + findings(brain, connectome), silence_of(brain.network),
    )  # fmt: skip


def _layers(
    path: Path, bits: int, fits: "Board | None", name: str, counter: int, key: Path | None
) -> Compiled:
    from .layers import node_verdicts

    made = nir_brain(path, bits, board=name, counter=counter)
    if fits is not None:
        check_fits(made.network, made.blob, fits)
    verdicts = node_verdicts(path, bits)
    facts = _facts_of_layers(made, verdicts)
    return Compiled(_signed(made.blob, key), facts, verdicts=verdicts)


def _facts_of_layers(brain: LayeredBrain, verdicts: "tuple[NodeVerdict, ...]") -> dict[str, Any]:
    layers = zip(
        brain.connectome.layers, brain.network.layers, brain.quantization.notes, strict=True
    )
    return {
        "brain_id": brain_id(brain.blob).hex(),
        "neurons": brain.network.n_neurons,
        "weights": sum(p.weight.size for x in brain.network.layers for p in x.paths),
        "layers": [
            {
                "name": real.name, "neurons": made.count, "shape": list(real.shape),
                "unit": note.unit, "fraction_bits": note.fraction_bits,
                "exact_weights": note.exact_weights, "weight_error": note.weight_error,
            }
            for real, made, note in layers
        ],
        "verdicts": [verdict.as_dict() for verdict in verdicts],
        "undecided": list(brain.undecided),
        **summary(brain.network, brain.blob),
    }  # fmt: skip


def inspect_file(path: Path, board: str = "", key: Path | None = None) -> dict[str, Any]:
    """Everything in a blob, JSON-ready. `board` must have room for it, `key` have signed it.

    Raises BlobError, DoesNotFitError.
    """
    network, blob = network_of(path)
    if key:
        from ..blob.signature import check, read_public

        check(blob, read_public(key))
    facts = _inside(network, blob)
    if board:
        fits = _board(board)
        check_fits(network, blob, fits)
        facts["board"] = {"name": fits.name, "heap": fits.memory.heap}
    return facts


def _inside(network: QuantizedNetwork, blob: bytes) -> dict[str, Any]:
    kept: dict[int, int] = {}
    for p in network.populations:
        kept[p.area] = kept.get(p.area, 0) + p.count
    return {
        "brain_id": brain_id(blob).hex(),
        "version": VERSION,
        "connectome": network.genome.hex(),
        "compiled_for": network.board or None,
        "counter": network.counter,
        "signed": bool(split(blob)[1]),
        "state": f"int{network.state}",
        "storage_bits": network.storage,
        "neurons": network.n_neurons,
        "synapses": network.n_synapses,
        "timestep_us": network.timestep_us,
        "power_neuron": network.power_neuron,
        "slack": prove(network).slack(network.storage),
        "golden": asdict(network.golden),
        **summary(network, blob),
        "areas": [
            {**asdict(area), "live_neurons": kept.get(i, 0), "quantization": config.as_dict()}
            for i, (area, config) in enumerate(zip(network.areas, configs_of(network), strict=True))
        ],
        "populations": [asdict(p) for p in network.populations],
        "classes": [asdict(c) for c in network.classes],
        "inputs": [asdict(r) for r in network.inputs],
    }


def _board(name: str) -> "Board":
    from ..boards.board import load_board

    return load_board(name)


def _signed(blob: bytes, key: Path | None) -> bytes:
    if key is None:
        return blob
    from ..blob.signature import sign

    return sign(blob, key)
