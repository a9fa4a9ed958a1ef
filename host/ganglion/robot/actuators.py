"""Actuators: what moves, and which area moves it.

In:  a Draft, the actuators of a robot file.
Out: drivers and outputs in the draft.
Never: ends at an actuator that does not fit: it becomes a misfit.
"""

from collections.abc import Sequence
from fractions import Fraction

from ..network.model import AreaInfo
from ..network.robot import Driver, Output, largest_numerator
from . import columns
from .draft import Draft, Misfit, Unfit, module_of
from .drivers import DRIVERS, Part
from .file import Actuator

KINDS = {
    "o__mot": "motor", "omot": "motor", "o__ser": "servo", "o_spos": "position", "opse": "servo",
    "odgpio": "switch", "o_init": "switch", "o_blnk": "switch", "o_stop": "switch",
    "o_misc": "switch", "ocnt": "level",
}  # fmt: skip


class Actuators:
    """Adds actuators to a draft."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def add(self, actuator: Actuator) -> None:
        part = DRIVERS.get(actuator.driver)
        output, params = None, None
        with self.draft.noting():
            area = self.draft.area(actuator.name, actuator.area, "OPU")
            output = self._output(actuator, area)
            self._exact(actuator, output, area)
        with self.draft.noting():
            params = self._motor_params(actuator, part)
        if output is None or params is None:
            return
        self.draft.drivers.append(Driver(
            module_of(actuator.driver), actuator.name, True, len(self.draft.outputs), 1, params,
            cost_us=part.cost_us if part else 0,
        ))  # fmt: skip
        self.draft.outputs.append(output)

    def _exact(self, actuator: Actuator, output: Output, area: AreaInfo) -> None:
        """Small integers of a board have 30 bits and a sign."""
        largest = max(largest_numerator(output), 1)
        if abs(output.scale) * largest >= columns.MOST:
            raise Unfit(
                actuator.name,
                f"max_power {output.scale} over an area of {area.dimensions[2]} voxels in depth is "
                f"too fine for 30 bits; the most is {columns.MOST // largest}",
            )

    def _motor_params(self, actuator: Actuator, part: Part | None) -> tuple[int, ...]:
        if part is not None and not part.acts:
            raise Unfit(actuator.name, f"{actuator.driver} moves nothing")
        computed = {}
        if part is not None and "full" in part.params:
            computed["full"] = actuator.max_power or _full(part)
        if part is not None and "low_us" in part.params:
            computed["low"], computed["high"] = _angles(actuator)
        params = self.draft.params(actuator.name, actuator, part, computed)
        if actuator.invert and part is not None and "back" in part.params:
            at = list(part.params)
            swapped = list(params)
            i, j = at.index("forward"), at.index("back")
            swapped[i], swapped[j] = swapped[j], swapped[i]
            params = tuple(swapped)
        return params

    def _output(self, actuator: Actuator, area: AreaInfo) -> Output:
        name, k, depth, per = (
            actuator.name,
            actuator.channel,
            area.dimensions[2],
            (area.neurons_per_voxel),
        )
        kind = actuator.kind or _kind_of(area.id)
        two = _columns(actuator, kind) == 2
        last = 2 * k + 1 if two else k
        self.draft.inside(name, area, last, actuator.y)
        for x in range(2 * k if two else k, last + 1):
            self.draft.take(name, area, x, actuator.y, True)

        def place(x: int, z: int) -> Sequence[int]:
            return self.draft.atlas.voxel(area, x, actuator.y, z)

        part = DRIVERS.get(actuator.driver)
        full = actuator.max_power or (_full(part) if part else 100)
        low, high = (Fraction(a, columns.ANGLE) for a in _angles(actuator))
        if low >= high:
            raise Unfit(name, f"min {low} is not below max {high}")
        group = [a.id for a in self.draft.network.areas].index(area.id)
        start = actuator.start if actuator.start is not None else float((low + high) / 2)
        if actuator.coding == "feagi3" and kind == "servo":
            hop = self.draft.area(name, actuator.hop_area, "OPU") if actuator.hop_area else None

            def hops(x: int, z: int) -> Sequence[int]:
                return self.draft.atlas.voxel(hop, x, actuator.y, z) if hop else ()

            ends = (_whole(low), _whole(high))
            made = columns.servo_target(k, depth, *ends, per, target=place, hop=hops)
        elif actuator.coding == "feagi3" and kind in ("motor", "level"):
            made = columns.feagi3_output(
                k, depth, full, per, signed=kind == "motor",
                fractional=actuator.positioning == "fractional", place=place,
            )  # fmt: skip
        elif kind == "count" or actuator.coding == "raw":
            made = columns.count(k, depth, full, place)
        elif kind == "motor":
            made = columns.legacy_motor(k, depth, full, actuator.window, per, place, group)
        elif kind == "servo":
            step = actuator.max_power or 10
            made = columns.legacy_servo(
                k, depth, step, float(low), float(high), float(start), per, place
            )
        elif kind == "position":
            made = columns.legacy_position(k, depth, float(low), float(high), per, place)
        elif kind == "switch":
            made = columns.switch(k, depth, full, place)
        else:
            made = columns.level(k, depth, full, per, place)
        if not (made.plus or made.minus or made.target):
            self.draft.notes.append(Misfit(
                name, f"no neuron of {area.id} at channel {k} has a connection: it never moves"
            ))  # fmt: skip
        return made


def _columns(actuator: Actuator, kind: str) -> int:
    if actuator.coding == "legacy":
        return 2 if kind in ("motor", "servo") else 1
    fractional = actuator.positioning == "fractional"
    return 2 if actuator.coding == "feagi3" and kind == "motor" and fractional else 1


def _kind_of(area: str) -> str:
    return next((kind for start, kind in KINDS.items() if area.startswith(start)), "level")


def _full(part: Part) -> int:
    return part.params.get("full") or 1


def _angles(actuator: Actuator) -> tuple[int, int]:
    low = 0 if actuator.min is None else actuator.min
    high = 180 if actuator.max is None else actuator.max
    return round(low * columns.ANGLE), round(high * columns.ANGLE)


def _whole(angle: Fraction) -> int:
    return int(angle * columns.ANGLE)
