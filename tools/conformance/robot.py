#!/usr/bin/env python3
"""Robot conformance: our codings against cases that FEAGI's own code made.

In:  a directory of encoder_*.json and decoder_*.json.
Out: each case that does not hold, and last the line "N passed, M failed"; exit code 1 if M > 0.
Never: a tolerance beyond the last printed digit, but for motors and servos of the legacy scheme,
       whose float sums the cases say may be one unit away from the exact value.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ganglion.network.robot import Encoder, Output, Program
from ganglion.reference.robot import Robot, column, inputs_of, value
from ganglion.robot import feagi3, legacy
from ganglion.robot.columns import (
    boolean_levels,
    feagi3_cells,
    feagi3_encoder,
    feagi3_output,
    legacy_levels,
    legacy_motor,
    legacy_position,
    legacy_power,
    legacy_servo,
    servo_target,
)

Case = dict[str, Any]
DIGITS = 1.5e-6  # what six decimals of a float32 say
ACTIONS = (
    ("move_left", "yaw_left", "roll_left"),
    ("move_up", "move_forward", "pitch_forward"),
    ("move_down", "move_backward", "pitch_back"),
    ("move_right", "yaw_right", "roll_right"),
)
COPIES = 4  # neurons of a voxel, so that a voxel may be met several times


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: robot.py DIRECTORY")
    passed = failed = 0
    for name, case in cases(Path(sys.argv[1])):
        why = check(name, case)
        passed += why is None
        failed += why is not None
        if why is not None:
            print(f"{name}: {why}: {json.dumps(case)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def cases(folder: Path) -> Iterator[tuple[str, Case]]:
    """Each case, with the name of its file."""
    for path in sorted(folder.glob("*coder_*.json")):
        for case in json.loads(path.read_text())["cases"]:
            yield path.stem, case


def check(name: str, case: Case) -> str | None:
    """Why a case does not hold, or None."""
    checks = {
        "encoder_feagi": _encoder_feagi, "encoder_connector": _encoder_connector,
        "decoder_feagi": _decoder_feagi, "decoder_connector": _decoder_connector,
    }  # fmt: skip
    if name not in checks:
        return "a file of no known kind"
    try:
        return checks[name](case)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


def _differs(expected: Any, found: Any) -> str | None:
    return None if expected == found else f"expected {expected}, found {found}"


# ---- encoders

FULL = 1 << 24


def _raw(real: float) -> int:
    """A value of −1..1 as a part of FULL: the float32 that FEAGI holds."""
    return int(Fraction(float(np.float32(real))) * FULL)


def _voxels(encoder: Encoder, raw: int, depth: int) -> list[tuple[int, int]]:
    """What an encoder fires, as (x, z); its neurons are numbered x · depth + z."""
    return [divmod(neuron, depth) for neuron, _ in inputs_of(encoder, raw)]


def _encoder_feagi(case: Case) -> str | None:
    kind, fractional = case["kind"], case.get("positioning") == "fractional"
    depth = case.get("depth", 1)
    if kind == "cortical_id":
        flags = {"incremental": case["frame"] == "incremental", "fractional": fractional}
        group = case["group"]
        found = {
            "inf": feagi3.area_id("i", "inf", group=group, **flags).hex(),
            "mot": feagi3.area_id("o", "mot", group=group, **flags).hex(),
            "pse": [i.hex() for i in feagi3.servo_ids(group, fractional=fractional)],
        }
        return _differs({key: case[f"expect_{key}"] for key in found}, found)
    if kind == "boolean":
        fired = []
        for channel, on in enumerate(case["writes"]):
            for potential, encoder in zip((1.0, 0.0), boolean_levels(channel), strict=True):
                times = case["channels"]  # each voxel is written that often: one sum here
                fired += [[n, 0, 0, potential] for n, _ in inputs_of(encoder, int(on))] * times
        return _differs(_counted(case["expect_voxels"]), _counted(fired))
    if kind == "misc":
        return _misc(case)
    if "expect_z" in case:
        raw, full = (
            (case["raw"], case["full_scale"]) if "raw" in case else (_raw(case["value"]), FULL)
        )
        channel = case.get("channel", 0)
        cells = feagi3_cells(channel, depth, signed=False)
        encoder = feagi3_encoder(0, 1, 0, full, depth, cells, fractional=fractional)
        expected = sorted((channel, z) for z in case["expect_z"])
        return _differs(expected, sorted(_voxels(encoder, raw, depth)))
    values = case["value"] if isinstance(case["value"], list) else [case["value"]]
    first = case.get("channel", 0) * len(values)
    found_voxels = []
    for i, real in enumerate(values):
        cells = feagi3_cells(first + i, depth, signed="signed" in kind)
        encoder = feagi3_encoder(0, 1, 0, FULL, depth, cells, fractional=fractional)
        found_voxels += [[x, 0, z, 1.0] for x, z in _voxels(encoder, _raw(real), depth)]
    return _differs(sorted(case["expect_voxels"]), sorted(found_voxels))


def _misc(case: Case) -> str | None:
    return f"misc is sent as {feagi3.POTENTIAL} by coding raw, and no case of it is known"


def _counted(voxels: list[list[Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(voxel) for voxel in voxels)


def _encoder_connector(case: Case) -> str | None:
    if case.get("kind") == "infrared_pair":
        found: dict[str, dict[str, int]] = {"i__inf": {}, "i_iinf": {}}
        for k in range(case["count"]):
            area = "i__inf" if k in case["active"] else "i_iinf"
            found[area][f"{k}-0-0"] = legacy.POTENTIAL
        return _differs(case["expect"], found)
    low, high, real = (Fraction(case[key]) for key in ("min", "max", "value"))
    if not case["symmetric"]:
        z = legacy.unclamped_z(case["value"], case["min"], case["max"], case["depth"])
    else:
        z = legacy.clamped_z(real, low, high, case["depth"])
    if case["symmetric"]:
        # ... and the table that a board has says the same.
        unit = Fraction(1, 10**6) if high - low < 1000 else Fraction(1, 10**3)
        encoder = legacy_levels(
            0,
            1,
            int(low / unit),
            int(high / unit),
            [(z,) for z in range(case["depth"])],
            case["depth"],
        )
        level = inputs_of(encoder, int(real / unit // 1))[0][0]
        if level != z:
            return f"the table gives {level}, the rule {z}"
    x = case["expect"][0]
    return _differs([case["expect"], case["potential"]], [[x, 0, z], legacy.POTENTIAL])


# ---- decoders


def _fired(voxels: list[list[Any]], depth: int, columns: int) -> set[int]:
    """Neurons x · depth · COPIES + z · COPIES + copy that these voxels are."""
    fired: set[int] = set()
    for x, y, z, potential in voxels:
        if y or not potential or not 0 <= z < depth or x >= columns:
            continue
        at = (x * depth + z) * COPIES
        fired.add(next(at + copy for copy in range(COPIES) if at + copy not in fired))
    return fired


def _running(*outputs: Output) -> Robot:
    return Robot(Program(0, 0, 0, 0, (), (), outputs))


def _close(expected: list[list[float]], found: list[Fraction]) -> str | None:
    for channel, wanted in expected:
        if abs(float(found[int(channel)]) - wanted) > DIGITS:
            return f"channel {channel}: expected {wanted}, found {float(found[int(channel)]):.7f}"
    return None


def _decoder_feagi(case: Case) -> str | None:
    depth = case["depth"]
    channels = case.get("channels", 1)
    if case["unit"] == "pse":
        return _servo_feagi(case, depth)
    fractional = case["positioning"] == "fractional"
    signed = case["unit"] == "mot"
    outputs = [
        feagi3_output(channel, depth, 1, COPIES, signed=signed, fractional=fractional)
        for channel in range(channels)
    ]
    columns = channels * (2 if signed and fractional else 1)
    frames = case["frames"] if "frames" in case else [case["voxels"]]
    expects = case["expect_frames"] if "frames" in case else [case["expect"]]
    kept = [Fraction(0)] * channels
    for voxels, expected in zip(frames, expects, strict=True):
        fired = _fired(voxels, depth, columns)
        for i, output in enumerate(outputs):
            numerator, denominator, any_ = value(output, fired)
            kept[i] = Fraction(numerator, denominator) if any_ else kept[i]
        if why := _close(expected, kept):
            return why
    return None


def _servo_feagi(case: Case, depth: int) -> str | None:
    unit = 10**6
    channels = case["channels"]
    robot = _running(*(servo_target(i, depth, 0, unit, COPIES, channels) for i in range(channels)))
    for frame, expected in zip(case["frames"], case["expect_frames"], strict=True):
        fired: set[int] = set()
        for area, voxels in frame.items():
            number = bytes.fromhex(area)[4] >> 4
            if number < 2:
                offset = channels * depth * COPIES if number else 0
                columns = channels * (2 if number else 1)
                fired |= {offset + n for n in _fired(voxels, depth, columns)}
        found = [Fraction(driven, unit) for driven in robot.act(fired)]
        if why := _close([[c, w] for c, w in expected], found):
            return why
    return None


def _decoder_connector(case: Case) -> str | None:
    kind = case["kind"]
    if kind in ("z_power", "motion_control"):
        depth = case["depth"] if "depth" in case else case["dims"][2]
        shares: dict[tuple[int, int], dict[int, Fraction]] = {}
        for x, y, z, share in case["voxels"]:
            shares.setdefault((x, y), {})[z] = Fraction(str(share))
        powers = {}
        for (x, y), column_of in shares.items():
            exact = legacy.power(column_of, depth)
            if exact != _by_table(column_of, depth):
                return f"the table gives {_by_table(column_of, depth)}, the rule {exact}"
            powers[x, y] = float(exact or 0)
        if kind == "z_power":
            return _differs(case["expect"], [[x, y, p] for (x, y), p in sorted(powers.items())])
        found: dict[str, dict[str, float]] = {}
        for (x, y), p in powers.items():
            found.setdefault(str(x // 4), {})[ACTIONS[x % 4][y]] = p
        return _differs(case["expect"], found)
    width, _, depth = case["dims"]
    per = {"motor": 2, "servo": 2, "servo_position": 1}[kind]
    unit = 1
    outputs = []
    for i in range(width // per):
        if kind == "motor":
            window = case["rolling_window_len"]
            outputs.append(legacy_motor(i, depth, case["max_power"], window, 1))
        elif kind == "servo":
            outputs.append(legacy_servo(
                i, depth, case["max_power"], case["min"], case["max"], case["default"], 1
            ))  # fmt: skip
            unit = 100
        else:
            outputs.append(legacy_position(i, depth, case["min"], case["max"], 1))
            unit = 100
    robot = _running(*outputs)
    for voxels, expected in zip(case["frames"], case["expect_frames"], strict=True):
        fired = {x * depth + z for x, y, z, p in voxels if not y and p and z < depth}
        driven = robot.act(fired)
        for name, wanted in expected.items():
            away = driven[int(name)] - wanted * unit
            # One unit of the motor's or of the servo's, towards larger magnitude.
            if abs(away) > (1 if kind == "motor" else 0.5):
                return f"{name}: expected {wanted}, found {driven[int(name)] / unit}"
    return None


def _by_table(shares: dict[int, Fraction], depth: int) -> Fraction:
    """The same by the taps that a board has."""
    several = 1
    for share in shares.values():
        several = max(several, share.denominator)
    taps, base = legacy_power(0, depth, several)
    fired = {z * several + i for z, share in shares.items() for i in range(int(share * several))}
    found = column(taps, fired, True, base)
    return Fraction(found.numerator, found.denominator)


if __name__ == "__main__":
    main()
