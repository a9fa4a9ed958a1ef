"""Layout: the blueprint of any genome as one table of raw fields per area.

In:  the JSON object of a genome: flat 2.x or 3.0, hierarchical 2.x, or the layout of FEAGI's
     quantization examples.
Out: for each area its id as written, its JSON path, and hierarchical field name to value.
Never: reads a value (fields.py); drops a key without a notice.
"""

from dataclasses import dataclass, field

from ...notices import Notices
from .fields import DESCRIPTIVE, FLAT_AXES, FLAT_NAMES, MEANINGFUL
from .json_text import child, kind, shorten
from .policy import Policy

FLAT_PREFIX = "_____10c"


@dataclass(slots=True)
class RawArea:
    """One area as written: hierarchical field name to (value, JSON path)."""

    id: str
    path: str
    fields: dict[str, tuple[object, str]] = field(default_factory=dict)


_BEFORE_2 = "neuron_params"


def detect(genome: dict[str, object]) -> str:
    """flat, hierarchical or example, from the keys of the blueprint, as FEAGI does."""
    blueprint = genome.get("blueprint")
    if not isinstance(blueprint, dict):
        return "hierarchical"
    if any(key.startswith("___") and "-" in key and len(key) > 20 for key in blueprint):
        return "flat"
    areas = blueprint.get("cortical_areas")
    if isinstance(areas, dict) and all(
        isinstance(area, dict) and "cortical_id" in area for area in areas.values()
    ):
        return "example"
    return "hierarchical"


def raw_areas(
    genome: dict[str, object], layout: str, policy: Policy, notices: Notices
) -> list[RawArea]:
    """The areas of the blueprint, in file order; at most one more than the policy allows."""
    most = policy.max_areas
    blueprint = genome.get("blueprint")
    if not isinstance(blueprint, dict):
        fact = f"the blueprint is {kind(blueprint)}" if "blueprint" in genome else "no blueprint"
        notices.error("no-blueprint", "$.blueprint", fact, "check that the file is a FEAGI genome")
        return []
    match layout:
        case "flat":
            return _flat(blueprint, most, notices)
        case "example":
            return _example(genome, blueprint, most, notices)
    return _hierarchical(blueprint, policy, notices)


def _flat(blueprint: dict[str, object], most: int, notices: Notices) -> list[RawArea]:
    areas: dict[str, RawArea] = {}
    for key, value in blueprint.items():
        if len(areas) > most:
            break
        path = child("$.blueprint", key)
        prefix, _, rest = key.partition("-")
        parts = rest.split("-")
        if prefix != FLAT_PREFIX:
            notices.info(
                "not-an-area",
                path,
                f"the key {shorten(key)} describes no cortical area and has no effect",
                f"keys of areas begin with {FLAT_PREFIX}-",
            )
            continue
        if len(parts) < 3 or not parts[0]:
            notices.warning(
                "malformed-key",
                path,
                f"the key {shorten(key)} is not {FLAT_PREFIX}-ID-cx-FIELD and is ignored",
                "repair or remove it",
            )
            continue
        area = areas.setdefault(parts[0], RawArea(parts[0], path))
        suffix = "-".join(parts[2:])
        if suffix in FLAT_AXES:
            name, axis = FLAT_AXES[suffix]
            triple, _ = area.fields.setdefault(name, ([None, None, None], path))
            assert isinstance(triple, list)
            _report_twice(triple[axis] is not None, suffix, path, notices)
            triple[axis] = value
        elif suffix in FLAT_NAMES:
            _report_twice(FLAT_NAMES[suffix] in area.fields, suffix, path, notices)
            area.fields[FLAT_NAMES[suffix]] = (value, path)
        else:
            _unknown(suffix, path, area.id, notices)
    return list(areas.values())


def _hierarchical(blueprint: dict[str, object], policy: Policy, notices: Notices) -> list[RawArea]:
    areas: list[RawArea] = []
    for key, value in blueprint.items():
        if len(areas) > policy.max_areas:
            break
        path = child("$.blueprint", key)
        if not isinstance(value, dict) or not key:
            notices.warning(
                "not-an-area",
                path,
                f"{shorten(key)} holds {kind(value)} and is ignored",
                "an area is an object under its id",
            )
            continue
        area = RawArea(key, path)
        older: tuple[dict[str, object], str] | None = None
        for name, inner in value.items():
            place = child(path, name)
            if name in MEANINGFUL or name in DESCRIPTIVE:
                area.fields[name] = (inner, place)
            elif name == _BEFORE_2 and isinstance(inner, dict):
                older = inner, place
            else:
                _unknown(name, place, key, notices)
        if older is not None:
            _read_older(*older, area, policy, notices)
        for alias, name in (
            ("neurons_per_voxel", "per_voxel_neuron_cnt"),
            ("snooze_period", "snooze_length"),
            ("consecutive_fire_limit", "consecutive_fire_cnt_max"),
            ("cortical_type", "cortical_group"),
            ("group_id", "cortical_group"),
        ):
            if alias in area.fields:
                area.fields.setdefault(name, area.fields[alias])
        areas.append(area)
    return areas


def _read_older(
    values: dict[str, object], path: str, area: RawArea, policy: Policy, notices: Notices
) -> None:
    """What genomes before 2.0 keep one level deeper: an area's size, and what its neurons are."""
    lost = [name for name in values if name in MEANINGFUL and name not in area.fields]
    if not lost:
        return
    notices.area = area.id
    fact = f"{', '.join(shorten(name) for name in lost)} stand under {_BEFORE_2}, as before 2.0"
    remedy = "move them up into the area, or choose the policy neuron_params"
    if policy.neuron_params == "refuse":
        notices.error("neuron-params", path, fact, remedy)
    elif policy.neuron_params == "ignore":
        fact += "; ignored, as FEAGI does: what is not said above has its default"
        notices.warning("neuron-params", path, fact, remedy)
    else:
        notices.warning(
            "neuron-params", path, f"{fact}; read, though today's FEAGI ignores them", remedy
        )
        for name, value in values.items():
            if name in MEANINGFUL or name in DESCRIPTIVE:
                area.fields.setdefault(name, (value, child(path, name)))
    notices.area = None
    for name in values:
        if name not in MEANINGFUL and name not in DESCRIPTIVE:
            _unknown(name, child(path, name), area.id, notices)


_EXAMPLE_NAMES = {
    "cortical_name": "cortical_name",
    "cortical_neuron_per_voxel_count": "per_voxel_neuron_cnt",
    "location": "relative_coordinate",
    "dimensions": "block_boundaries",
    "cortical_mapping_dstn": "cortical_mapping_dst",
}
_EXAMPLE_PARAMETERS = {
    "firing_threshold_starting_value": "firing_threshold",
    "firing_threshold_limit": "firing_threshold_limit",
    "leak_coefficient": "leak_coefficient",
    "refractory_period": "refractory_period",
    "snooze_length": "snooze_length",
    "consecutive_fire_cnt_max": "consecutive_fire_cnt_max",
    "mp_charge_accumulation": "mp_charge_accumulation",
    "mp_driven_psp": "mp_driven_psp",
    "psp_uniform_distribution": "psp_uniform_distribution",
    "postsynaptic_current": "postsynaptic_current",
    "leak_variability": "leak_variability",
    "degeneration": "degeneration",
    "plasticity_constant": "plasticity_constant",
}
_EXAMPLE_GROUPS = {"sensory": "IPU", "motor": "OPU"}
_EXAMPLE_SILENT = {
    "cortical_id", "morphology_id", "cortical_neuron_count", "cortical_synapses_per_neuron",
    "firing_threshold_increment_rate", "firing_threshold_increment_x_fired_count",
    "longterm_mem_threshold", "degeneracy",
}  # fmt: skip


def _example(
    genome: dict[str, object], blueprint: dict[str, object], most: int, notices: Notices
) -> list[RawArea]:
    """Neuron parameters stand in a top-level morphology, which each area names."""
    notices.warning(
        "example-layout",
        "$.blueprint.cortical_areas",
        "this is the layout of FEAGI's quantization examples, which FEAGI loads as an empty brain",
        "areas, parameters and mappings are read as written; export as flat 2.x for FEAGI",
    )
    listed = blueprint["cortical_areas"]
    assert isinstance(listed, dict)
    library = genome.get("morphologies")
    library = library if isinstance(library, dict) else {}
    areas: list[RawArea] = []
    for key, value in listed.items():
        if len(areas) > most:
            break
        path = child("$.blueprint.cortical_areas", key)
        identifier = value["cortical_id"]
        if not isinstance(identifier, str) or not identifier:
            notices.error(
                "wrong-type", child(path, "cortical_id"),
                f"the id is {kind(identifier)}", "write a text that is not empty",
            )  # fmt: skip
            continue
        area = RawArea(identifier, path)
        if key in _EXAMPLE_GROUPS:
            area.fields["cortical_group"] = (_EXAMPLE_GROUPS[key], path)
        _rename(value, path, _EXAMPLE_NAMES, area, notices)
        named = value.get("morphology_id")
        neuron = library.get(named) if isinstance(named, str) else None
        parameters = neuron.get("parameters") if isinstance(neuron, dict) else None
        if isinstance(parameters, dict):
            place = child(child("$.morphologies", str(named)), "parameters")
            _rename(parameters, place, _EXAMPLE_PARAMETERS, area, notices)
        areas.append(area)
    return areas


def _rename(
    values: dict[str, object], path: str, names: dict[str, str], area: RawArea, notices: Notices
) -> None:
    for name, value in values.items():
        place = child(path, name)
        if name in names:
            area.fields[names[name]] = (value, place)
        elif name not in _EXAMPLE_SILENT:
            _unknown(name, place, area.id, notices)


def _report_twice(twice: bool, suffix: str, path: str, notices: Notices) -> None:
    if twice:
        notices.warning(
            "duplicate-key", path, f"{suffix} stands there as cx and as nx; the last one counts",
            "remove one of the two",
        )  # fmt: skip


def _unknown(name: str, path: str, area: str, notices: Notices) -> None:
    notices.area = area
    notices.info(
        "unknown-key",
        path,
        f"the field {shorten(name)} is not one that FEAGI reads and has no effect",
        "check its spelling, or remove it",
    )
    notices.area = None
