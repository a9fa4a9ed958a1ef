"""Area: the raw fields of one cortical area as a GenomeArea.

In:  a RawArea of layout.py, its id, and the policy.
Out: a GenomeArea with every default of FEAGI filled in.
Never: looks at another area.
"""

from dataclasses import replace

from ...connectome.ids import AreaId
from ...connectome.model import Dynamics
from ...notices import Notices
from .fields import Fields
from .genome import GenomeArea
from .json_text import child, clean, shorten
from .layout import RawArea
from .mapping_reader import read_rules
from .plasticity import read_memory, read_twin
from .policy import Policy

GROUPS = ("CORE", "IPU", "OPU", "CUSTOM", "MEMORY")


def read_area(raw: RawArea, identity: AreaId, policy: Policy, notices: Notices) -> GenomeArea:
    """One area. What cannot be read is an error notice and gets its default."""
    fields = Fields(raw.fields, raw.path, policy, notices)
    is_memory = fields.flag("is_mem_type", identity.key[:1] == b"m" and len(identity.key) == 8)
    area = GenomeArea(
        id=identity,
        path=raw.path,
        name=_name(fields, identity),
        group=_group(fields, identity),
        dimensions=_dimensions(fields, policy),
        neurons_per_voxel=_neurons_per_voxel(fields, policy),
        position=_position(fields),
        threshold=fields.real("firing_threshold", 1.0),
        threshold_increment=(
            fields.real("firing_threshold_increment_x", 0.0),
            fields.real("firing_threshold_increment_y", 0.0),
            fields.real("firing_threshold_increment_z", 0.0),
        ),
        threshold_limit=fields.real("firing_threshold_limit", 0.0),
        leak=_leak(fields),
        refractory_period=fields.small("refractory_period", 0),
        consecutive_fire_limit=fields.small("consecutive_fire_cnt_max", 0),
        snooze=_snooze(fields),
        excitability=_excitability(fields),
        mp_charge_accumulation=fields.flag("mp_charge_accumulation", False),
        mp_driven_psp=fields.flag("mp_driven_psp", False),
        psp_uniform=fields.flag("psp_uniform_distribution", False),
        postsynaptic_current=fields.real("postsynaptic_current", 1.0),
        is_memory=is_memory,
        memory=read_memory(fields, is_memory and fields.has("is_mem_type"), policy),
        twin_of=read_twin(fields, policy),
        dynamics=_dynamics(fields),
        rules=read_rules(*fields.raw.get("cortical_mapping_dst", (None, "")), policy, notices),
    )
    if identity.is_core and area.neurons != 1:
        notices.info(
            "core-size",
            raw.path,
            f"a core area of {area.dimensions} has exactly one neuron, as in FEAGI",
            "write dimensions of 1, 1, 1",
        )
        area = replace(area, dimensions=(1, 1, 1), neurons_per_voxel=1)
    return area


def _name(fields: Fields, identity: AreaId) -> str:
    name = clean(fields.text("cortical_name", identity.text))
    if not name.strip():
        _, path = fields.raw.get("cortical_name", (None, fields.path))
        fields.notices.warning(
            "no-name", path, "the name is blank, which FEAGI refuses", "give the area a name"
        )
        return identity.text
    return name


def _group(fields: Fields, identity: AreaId) -> str:
    if identity.is_core:
        return "CORE"
    if not fields.has("cortical_group"):
        return identity.group
    label = fields.text("cortical_group", identity.group)
    _, path = fields.raw["cortical_group"]
    if label.upper() == "MEMORY" and identity.group in ("IPU", "OPU"):
        fields.notices.info(
            "unknown-group", path,
            f"the group {shorten(label)} contradicts the id; read as {identity.group}, as in FEAGI",
            f"write {identity.group}",
        )  # fmt: skip
        return identity.group
    if label.upper() in GROUPS:
        return label.upper()
    fields.notices.info(
        "unknown-group", path, f"the group {shorten(label)} is read as CUSTOM",
        f"use one of {', '.join(GROUPS)}",
    )  # fmt: skip
    return "CUSTOM"


def _position(fields: Fields) -> tuple[int, int, int]:
    x, y, z = (
        max(-(2**31), min(2**31 - 1, at)) for at in fields.triple("relative_coordinate", (0, 0, 0))
    )
    return x, y, z


def _dimensions(fields: Fields, policy: Policy) -> tuple[int, int, int]:
    size = fields.triple("block_boundaries", (1, 1, 1))
    _, path = fields.raw.get("block_boundaries", (None, child(fields.path, "block_boundaries")))
    if min(size) < 1:
        fields.notices.error(
            "dimensions",
            path,
            f"the dimensions are {_short(size)}",
            "write three whole numbers from 1",
        )
        return (1, 1, 1)
    if size[0] * size[1] * size[2] > policy.max_neurons:
        fields.notices.error(
            "too-large",
            path,
            f"the dimensions {_short(size)} are more voxels than {policy.max_neurons}",
            "make the area smaller, or raise the policy max_neurons",
        )
        return (1, 1, 1)
    return size


def _short(size: tuple[int, int, int]) -> str:
    return " x ".join(shorten(number, 24) for number in size)


def _neurons_per_voxel(fields: Fields, policy: Policy) -> int:
    count = fields.integer("per_voxel_neuron_cnt", 1)
    if count == 0:
        _, path = fields.raw["per_voxel_neuron_cnt"]
        fields.notices.warning(
            "no-neurons", path, "0 neurons per voxel are read as 1, as FEAGI does", "write 1"
        )
        return 1
    if count > policy.max_neurons:
        _, path = fields.raw["per_voxel_neuron_cnt"]
        fields.notices.error(
            "too-large", path, f"{count} neurons per voxel are more than {policy.max_neurons}",
            "write fewer, or raise the policy max_neurons",
        )  # fmt: skip
        return 1
    return count


def _leak(fields: Fields) -> float:
    leak = fields.real("leak_coefficient", 0.0)
    if 0.0 <= leak <= 1.0:
        return leak
    _, path = fields.raw["leak_coefficient"]
    kept = 0.0 if leak < 0.0 else 1.0
    if leak > 1.0 and fields.policy.leak_above_one == "refuse":
        fields.notices.error(
            "leak", path, f"the leak {leak:g} is above 1", "write the fraction lost, 0 to 1"
        )
    elif leak > 1.0 and fields.policy.leak_above_one == "percent":
        kept = min(1.0, leak / 100.0)
        fields.notices.warning(
            "leak", path, f"the leak {leak:g} is above 1 and is read as percent: {kept:g}",
            "write the fraction lost, 0 to 1, or choose the policy leak_above_one",
        )  # fmt: skip
    else:
        fields.notices.warning(
            "leak", path, f"the leak {leak:g} is outside 0 to 1 and is read as {kept:g}",
            "write the fraction lost, 0 to 1",
        )  # fmt: skip
    return kept


def _snooze(fields: Fields) -> int:
    if fields.has("snooze_length") or not fields.has("snooze_length_i"):
        return fields.small("snooze_length", 0)
    value = fields.small("snooze_length_i", 0)
    if value == 0:
        return 0
    _, path = fields.raw["snooze_length_i"]
    if fields.policy.snooze_i == "ignore":
        fields.notices.warning(
            "snooze-i", path, f"snooze-i is {value}; ignored, as FEAGI does", "write snooze-f"
        )
        return 0
    fields.notices.warning(
        "snooze-i", path, f"snooze-i is {value}; accepted, though today's FEAGI ignores it",
        "write snooze-f, or choose the policy snooze_i",
    )  # fmt: skip
    return value


def _excitability(fields: Fields) -> float:
    value = fields.real("neuron_excitability", 1.0)
    if not 1.0 < value < 100.0:
        return value
    _, path = fields.raw["neuron_excitability"]
    if fields.policy.excitability_above_one == "percent":
        value /= 100.0
        fact = f"read as percent: {value:g}"
    else:
        fact = "as FEAGI reads it, the neurons fire whenever they can"
    fields.notices.warning(
        "excitability", path, f"the excitability is above 1; {fact}",
        "write a probability from 0 to 1, or choose the policy excitability_above_one",
    )  # fmt: skip
    return value


def _dynamics(fields: Fields) -> Dynamics:
    text = fields.text("dynamics", Dynamics.ON_INPUT.value)
    try:
        return Dynamics(text)
    except ValueError:
        _, path = fields.raw["dynamics"]
        fields.notices.error(
            "dynamics", path, f"{shorten(text)} is not a dynamics", "write on_input or every_burst"
        )
        return Dynamics.ON_INPUT
