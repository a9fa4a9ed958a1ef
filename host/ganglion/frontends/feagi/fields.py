"""Fields: what an area may say about itself, under which names, and with which default.

In:  one JSON value of a blueprint, with its path.
Out: the value as Python has it, in the range that FEAGI's type allows.
Never: silent: a repair, a refusal or a deviation is a notice.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...notices import Notices
from .json_text import child, described, shorten
from .policy import Policy

Raw = Mapping[str, tuple[object, str]]
"""The fields of one area: hierarchical name to (value, JSON path)."""

FLAT_NAMES = {
    "__name-t": "cortical_name",
    "_group-t": "cortical_group",
    "_n_cnt-i": "per_voxel_neuron_cnt",
    "fire_t-f": "firing_threshold",
    "ftincx-f": "firing_threshold_increment_x",
    "ftincy-f": "firing_threshold_increment_y",
    "ftincz-f": "firing_threshold_increment_z",
    "fthlim-f": "firing_threshold_limit",
    "leak_c-f": "leak_coefficient",
    "refrac-i": "refractory_period",
    "c_fr_c-i": "consecutive_fire_cnt_max",
    "snooze-f": "snooze_length",
    "snooze-i": "snooze_length_i",
    "excite-f": "neuron_excitability",
    "mp_acc-b": "mp_charge_accumulation",
    "mp_psp-b": "mp_driven_psp",
    "pspuni-b": "psp_uniform_distribution",
    "pstcr_-f": "postsynaptic_current",
    "memory-b": "is_mem_type",
    "mem__t-i": "longterm_mem_threshold",
    "mem_gr-i": "lifespan_growth_rate",
    "mem_ls-i": "init_lifespan",
    "tmpdpt-i": "temporal_depth",
    "twinrf-t": "memory_twin_of",
    "dstmap-d": "cortical_mapping_dst",
    "synatt-f": "synapse_attractivity",
    "pstcrm-f": "postsynaptic_current_max",
    "leak_v-f": "leak_variability",
    "de_gen-f": "degeneration",
    "plst_c-f": "plasticity_constant",
    "gd_vis-b": "visualization",
    "subgrp-t": "sub_group_id",
    "devcnt-i": "dev_count",
    "__rand-b": "location_generation_type",
    "dynmcs-t": "dynamics",
}
"""Flat suffix to hierarchical name. `dynmcs-t` is ours: on_input or every_burst."""

FLAT_AXES = {
    "___bbx-i": ("block_boundaries", 0),
    "___bby-i": ("block_boundaries", 1),
    "___bbz-i": ("block_boundaries", 2),
    "rcordx-i": ("relative_coordinate", 0),
    "rcordy-i": ("relative_coordinate", 1),
    "rcordz-i": ("relative_coordinate", 2),
    "2dcorx-i": ("2d_coordinate", 0),
    "2dcory-i": ("2d_coordinate", 1),
}

NO_EFFECT = {
    "synapse_attractivity": (0, 100),
    "postsynaptic_current_max": None,
    "leak_variability": (0,),
    "degeneration": (0,),
    "plasticity_constant": None,
}
"""Fields that FEAGI parses and never uses, and the values that say nothing (None: any)."""

DESCRIPTIVE = frozenset({
    "cortical_name", "cortical_group", "cortical_type", "group_id", "sub_group_id",
    "relative_coordinate", "2d_coordinate", "visualization", "visible", "dev_count",
    "location_generation_type", "burst_engine_activation", "burst_engine_active",
    "cortical_dimensions", "coordinates_3d", "parent_region_id", "properties",
    "longterm_mem_threshold", "lifespan_growth_rate", "init_lifespan", "temporal_depth",
})  # fmt: skip
"""Fields that describe, and change no neuron."""

MEANINGFUL = frozenset({*FLAT_NAMES.values(), "block_boundaries", "neurons_per_voxel",
                        "snooze_period", "consecutive_fire_limit"})  # fmt: skip


@dataclass(slots=True)
class Fields:
    """Reads the fields of one area, or of any object, by type."""

    raw: Raw
    path: str
    policy: Policy
    notices: Notices

    def has(self, name: str) -> bool:
        return name in self.raw and self.raw[name][0] is not None

    def _get(self, name: str) -> tuple[object, str]:
        return self.raw.get(name, (None, child(self.path, name)))

    def text(self, name: str, default: str) -> str:
        value, path = self._get(name)
        if value is None or isinstance(value, str):
            return default if value is None else value
        self._wrong(path, value, "text")
        return default

    def flag(self, name: str, default: bool) -> bool:
        value, path = self._get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        if value in (0, 1, "true", "false", "True", "False", "0", "1"):
            read = value in (1, "true", "True", "1")
            self.notices.warning(
                "flag-spelling",
                path,
                f"{shorten(value)} stands where true or false belongs; read as {str(read).lower()}",
                "write true or false",
            )
            return read
        self._wrong(path, value, "true or false")
        return default

    def real(self, name: str, default: float) -> float:
        """A float32 that is finite."""
        value, path = self._get(name)
        if value is None:
            return default
        number = number_of(value, path, self.policy, self.notices)
        if number is None:
            return default
        with np.errstate(over="ignore"):
            rounded = float(np.float32(number))
        if not math.isfinite(rounded):
            self.notices.error(
                "out-of-range",
                path,
                f"{shorten(value)} is beyond float32",
                "write a number below 3.4e38",
            )
            return default
        return rounded

    def integer(self, name: str, default: int) -> int:
        """A u32."""
        value, path = self._get(name)
        if value is None:
            return default
        number = integer_of(value, path, self.policy, self.notices)
        if number is None:
            return default
        if not 0 <= number < 2**32:
            self.notices.error(
                "out-of-range",
                path,
                f"{shorten(value)} is not a number from 0 to {2**32 - 1}",
                "write a whole number in that range",
            )
            return default
        return number

    def small(self, name: str, default: int) -> int:
        """A u32 that FEAGI keeps in 16 bits."""
        number = self.integer(name, default)
        if number < 2**16:
            return number
        _, path = self._get(name)
        kept = number % 2**16 if self.policy.wide_values == "wrap" else 2**16 - 1
        if self.policy.wide_values == "refuse":
            self.notices.error(
                "wide-value", path, f"{number} does not fit in 16 bits", "write at most 65535"
            )
        else:
            self.notices.warning(
                "wide-value",
                path,
                f"{number} does not fit in 16 bits; read as {kept}",
                "write at most 65535, or choose the policy wide_values",
            )
        return kept

    def triple(self, name: str, default: tuple[int, int, int]) -> tuple[int, int, int]:
        """Three integers: a list, or an object with x, y, z."""
        value, path = self._get(name)
        if value is None:
            return default
        if isinstance(value, dict) and set(value) >= {"x", "y", "z"}:
            value = [value["x"], value["y"], value["z"]]
        if not isinstance(value, list) or len(value) != 3:
            self._wrong(path, value, "three integers")
            return default
        numbers = [
            fallback
            if item is None
            else integer_of(item, child(path, i), self.policy, self.notices)
            for i, (item, fallback) in enumerate(zip(value, default, strict=True))
        ]
        x, y, z = (default[i] if number is None else number for i, number in enumerate(numbers))
        return x, y, z

    def _wrong(self, path: str, value: object, wanted: str) -> None:
        self.notices.error("wrong-type", path, described(value), f"write {wanted}")


def number_of(value: object, path: str, policy: Policy, notices: Notices) -> float | None:
    """A JSON value as a finite number, or None with an error notice."""
    if isinstance(value, str):
        return _number_in_text(value, path, policy, notices)
    if isinstance(value, bool) or not isinstance(value, int | float):
        notices.error("wrong-type", path, described(value), "write a number")
        return None
    try:
        return float(value)
    except OverflowError:
        notices.error("out-of-range", path, "the number is beyond any float", "write a smaller one")
        return None


def integer_of(value: object, path: str, policy: Policy, notices: Notices) -> int | None:
    """A JSON value as an integer; fractions are cut off where the policy accepts floats."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    number = number_of(value, path, policy, notices)
    if number is None:
        return None
    if policy.floats_in_integers == "refuse":
        notices.error(
            "float-in-integer",
            path,
            f"{shorten(value)} is not an integer",
            "write it without a decimal point",
        )
    elif not number.is_integer():
        notices.warning(
            "float-in-integer",
            path,
            f"{shorten(value)} is not whole; read as {int(number)}",
            "write a whole number",
        )
    elif isinstance(value, float):
        notices.info(
            "float-in-integer",
            path,
            f"{shorten(value)} is written as a float; read as {int(number)}",
            "write it without a decimal point: FEAGI refuses it",
        )
    return int(number)


def _number_in_text(value: str, path: str, policy: Policy, notices: Notices) -> float | None:
    try:
        number = float(value) if len(value) <= 64 and value.isascii() else float("nan")
    except ValueError:
        number = float("nan")
    if not np.isfinite(number) or policy.numbers_as_text == "refuse":
        notices.error("wrong-type", path, f"{shorten(value)} is text", "write a number")
        return None
    notices.warning(
        "number-as-text",
        path,
        f"{shorten(value)} is a number in quotes; read as {number:g}",
        "write it without quotes: FEAGI refuses it",
    )
    return number
