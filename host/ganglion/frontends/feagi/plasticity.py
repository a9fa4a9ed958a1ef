"""Plasticity: what a rule and an area say about learning, read as FEAGI reads it.

In:  the window and constants of a plastic rule; the memory fields of an area.
Out: Plasticity and MemoryFields, or None with a notice.
Never: develops anything; takes a plastic rule that FEAGI would refuse, in silence.
"""

from dataclasses import dataclass

from ...connectome.ids import AreaId
from ...connectome.ids import read as read_id
from ...notices import Notices
from .fields import Fields
from .json_text import child, shorten
from .policy import Policy

ASSOCIATIVE = "associative_memory"
REPLAY = "memory_replay"
NAMES = ("plasticity_constant", "ltp_multiplier", "ltd_multiplier", "plasticity_window")


@dataclass(frozen=True, slots=True)
class Plasticity:
    """The numbers of a plastic rule."""

    constant: int
    ltp: int
    ltd: int
    window: int  # bursts, at least 1
    associative: bool


@dataclass(frozen=True, slots=True)
class MemoryFields:
    """What a memory area says about its neurons, with FEAGI's defaults."""

    depth: int
    init_lifespan: int
    growth: float
    longterm_threshold: int


def read_plasticity(
    values: tuple[object, ...], morphology: str, path: str, policy: Policy, notices: Notices
) -> Plasticity | None:
    """The numbers of a plastic rule; `values` are those of NAMES, fewer if the list is short."""
    if policy.learning == "ignore":
        notices.warning(
            "plasticity", path, f"the rule {shorten(morphology)} is plastic and is not to learn",
            "its synapses keep their first weight; choose the policy learning",
        )  # fmt: skip
        return None
    if len(values) < len(NAMES):
        notices.warning(
            "plasticity", path,
            f"the rule {shorten(morphology)} is plastic and is a list without a window",
            "its synapses keep their first weight; write a list of 8 elements",
        )  # fmt: skip
        return None
    read: list[int] = []
    for name, value in zip(NAMES, values, strict=False):
        if isinstance(value, bool) or not isinstance(value, int):
            what = "is missing" if value is None else f"is {shorten(value)}"
            notices.error(
                "plasticity", path, f"the {name} of a plastic rule {what}",
                "write a whole number without a decimal point, or choose the policy learning",
            )  # fmt: skip
            return None
        read.append(max(-(2**63), min(2**63 - 1, value)))
    constant, ltp, ltd, window = read
    if window < 1:
        notices.error(
            "plasticity", path, f"the plasticity_window of a plastic rule is {window}",
            "write 1 or more bursts, or choose the policy learning",
        )  # fmt: skip
        return None
    return Plasticity(constant, ltp, ltd, window, morphology == ASSOCIATIVE)


def read_memory(fields: Fields, active: bool, policy: Policy) -> MemoryFields | None:
    """The memory fields of an area whose `memory-b` is true."""
    if not active:
        return None
    _, path = fields.raw["is_mem_type"]
    if policy.learning == "ignore":
        fields.notices.warning(
            "memory-area", path, "the memory is not to run; its neurons are ordinary ones",
            "expect no memory from this area, or choose the policy learning",
        )  # fmt: skip
        return None
    return MemoryFields(
        depth=max(1, fields.integer("temporal_depth", 1)),
        init_lifespan=fields.integer("init_lifespan", 9),
        growth=fields.real("lifespan_growth_rate", 1.0),
        longterm_threshold=fields.integer("longterm_mem_threshold", 100),
    )


def read_twin(fields: Fields, policy: Policy) -> AreaId | None:
    """The area that this one is a twin of."""
    named = fields.text("memory_twin_of", "")
    if not named:
        return None
    _, path = fields.raw.get("memory_twin_of", (None, child(fields.path, "memory_twin_of")))
    if policy.learning == "ignore":
        fields.notices.warning(
            "memory-area", path, "the area is a replay twin, and memory is not to run",
            "expect no replay from this area, or choose the policy learning",
        )  # fmt: skip
        return None
    return read_id(named)
