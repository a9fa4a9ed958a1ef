"""Features: what of a network the forms of this package compute, and a refusal by name of the rest.

In:  a QuantizedNetwork.
Out: nothing, if every rule that it uses is one of SPEC.md 2 as it is computed here; else an error
     that names the section, or the field, that is not.
Never: computes a brain while leaving out a rule that it has.

A robot (SPEC.md 10) takes no part in a run that does not drive it, and these runs drive none.
"""

from dataclasses import MISSING, Field, fields
from typing import Any

from ...blob.container import SECTIONS, encode, sections
from ...errors import UsageError
from ...network.model import Population, QuantizedNetwork, SynapseClass

KNOWN_SECTIONS = frozenset(
    (
        "POPULATIONS",
        "THRESHOLDS",
        "CLASSES",
        "ROWS",
        "BLOCKS",
        "INPUTS",
        "AREAS",
        "PLACES",
        "SYNAPSES",
        "ROBOT",
    )
)
_KNOWN: dict[type, frozenset[str]] = {
    Population: frozenset(
        ("first", "count", "area", "threshold", "high", "low", "input_max", "threshold_step",
         "upper", "accumulates", "every_burst", "always", "excitability", "mp_driven", "psp_bits",
         "leak", "leak_fine", "shift", "refractory", "snoozed", "limit", "id")
    ),
    SynapseClass: frozenset(("multiplier", "weight", "mp_driven", "cap", "shift", "few_bits")),
    QuantizedNetwork: frozenset(
        ("storage", "state", "populations", "classes", "inputs", "areas", "offset", "place",
         "source", "target", "klass", "weight", "power_neuron", "power_amount", "timestep_us",
         "counter", "genome", "board", "golden", "robot")
    ),
}  # fmt: skip


def require_known(network: QuantizedNetwork, form: str) -> None:
    """Raises UsageError if `network` uses a rule that `form` ("the ONNX export") does not compute.

    A field that a later version of the contract added counts as used if it is not at its default.
    """
    things: list[Any] = [network, *network.populations, *network.classes]
    for thing in things:
        for field in fields(thing):
            if field.name in _KNOWN[type(thing)] or _unused(field, getattr(thing, field.name)):
                continue
            raise UsageError(
                f"the brain uses `{field.name}` of its {type(thing).__name__}, which {form} does "
                "not compute",
                "run this brain on a device or on the reference",
            )
    names = [SECTIONS[s.type] for s in sections(encode(network))]
    unknown = [name for name in names if name not in KNOWN_SECTIONS]
    if unknown:
        raise UsageError(
            f"the brain has a section {unknown[0]}, which {form} does not compute",
            "run this brain on a device or on the reference",
        )


def _unused(field: "Field[Any]", value: Any) -> bool:
    if field.default is not MISSING:
        return bool(value == field.default)
    if field.default_factory is not MISSING:
        return bool(value == field.default_factory())
    return value is None or (hasattr(value, "__len__") and len(value) == 0)
