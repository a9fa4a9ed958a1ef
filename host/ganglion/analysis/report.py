"""Report: what a compile decided, area by area, in numbers that JSON and people can read.

In:  a Brain, the connectome it came from, the notices of reading it.
Out: a dictionary with stable keys, by which blob and genome can be related again.
Never: computes anything that the brain's behaviour depends on.
"""

from dataclasses import asdict
from typing import Any

from ..blob.container import brain_id
from ..boards.memory import summary
from ..compiler import Brain
from ..connectome.fingerprint import fingerprint
from ..connectome.model import Connectome
from ..errors import MismatchError
from ..frontends.feagi import Notice
from ..quantization.contributions import LEVELS
from ..quantization.description import configs_of
from ..quantization.options import QuantizeOptions
from ..simulation.stimuli import Ports, parse
from .findings import findings

SHORT = 100  # bursts of the fidelity that a report of few-bit weights holds


def report(
    brain: Brain, connectome: Connectome, notices: tuple[Notice, ...] = ()
) -> dict[str, Any]:
    """Everything a compile knows, JSON-ready."""
    network, note = brain.network, brain.quantization
    kept: dict[int, int] = {}
    for p in network.populations:
        kept[p.area] = kept.get(p.area, 0) + p.count
    areas = []
    for i, (config, scale) in enumerate(zip(configs_of(network), note.scales, strict=True)):
        area = connectome.areas[note.areas[i]]
        areas.append(
            {
                "id": area.id,
                "name": area.name,
                "group": area.group,
                "neurons": area.count,
                "live_neurons": kept[i],
                "threshold_max": scale.threshold_max,
                "low": scale.low,
                "high": scale.high,
                "input_max": scale.input_max,
                "largest_sum": scale.p,
                "largest_inhibition": scale.n,
                "room_below": scale.need,
                "exact": scale.exact,
                "clipped_harmlessly": scale.clipped,
                "saturated": scale.saturated,
                "losses": [loss.fact for loss in note.losses[i]],
                "quantization": config.as_dict(),
            }
        )
    facts = {
        "brain_id": brain_id(brain.blob).hex(),
        "connectome": network.genome.hex(),
        "genome_id": connectome.genome_id,
        "title": connectome.title,
        "precision": "int8",
        "genome_precision": connectome.precision,
        "state": f"int{network.state}",
        "lossless": note.lossless,
        "storage_bits": network.storage,
        "neurons": connectome.n_neurons,
        "live_neurons": network.n_neurons,
        "left_out_neurons": connectome.n_neurons - network.n_neurons,
        "synapses": network.n_synapses,
        "populations": len(network.populations),
        "classes": len(network.classes),
        "slack": brain.bounds.slack(network.storage),
        "golden": asdict(network.golden),
        "undecided": list(brain.undecided),
        **summary(network, brain.blob),
        "areas": areas,
        "options": _options(note.options),
        "exact_areas": sum(scale.exact for scale in note.scales),
        "findings": [finding.as_dict() for finding in findings(brain, connectome)],
        "notices": [notice.as_dict() for notice in notices],
    }
    if note.options.weights in LEVELS:
        facts["fidelity"] = _short(brain, connectome)
    return facts


def decided(undecided: list[str]) -> str:
    """What the golden vector tells of a device, in words (SPEC 6.9)."""
    if not undecided:
        return "meets every branch of the burst that the brain has"
    return f"never meets {', '.join(undecided)}"


def _options(options: QuantizeOptions) -> dict[str, Any]:
    ranges = {area: str(r) for area, r in sorted(options.ranges.items())}
    return {**asdict(options), "ranges": ranges}


def _short(brain: Brain, connectome: Connectome) -> dict[str, Any]:
    """What weights of few bits cost, in the first bursts of two stimuli."""
    from .fidelity.measure import measure, options_for

    ports = Ports.of_connectome(connectome)
    found = {}
    for name in ("whole:1", "graded:1"):
        stimulus = parse(name, ports)
        options = options_for(stimulus, weights=brain.quantization.options.weights)
        result = measure(connectome, stimulus, SHORT, options, brain=brain)
        found[name] = {"bursts": SHORT, "f1": result.f1, "open_loop": result.open_loop}
    return found


def relate(facts: dict[str, Any], blob: bytes, connectome: Connectome) -> None:
    """Raises MismatchError unless a report, a blob and a connectome belong together."""
    for what, written, found in (
        ("blob", facts.get("brain_id"), brain_id(blob).hex()),
        ("genome", facts.get("connectome"), fingerprint(connectome).hex()),
    ):
        if written != found:
            raise MismatchError(
                f"the report is of the {what} {written}, and this is {found}",
                "compile the genome again with --report",
            )
