"""FEAGI 3 coding: what input and output areas mean to FEAGI from schema 3 on.

In:  a reading as a fraction of its range, the depth of an area.
Out: the z of the voxels that it fires (z = 0 is the largest value); ids of areas.
Never: runs on a board: tables of integers are made of this once.

FEAGI computes in float32, and at multiples of 1/depth that decides. So the linear form here does
each of its three operations in float32 too.
"""

import numpy as np

POTENTIAL = 1  # that a voxel gets
SERVO_STEP = 500  # a servo's hop is 1/500 of its range
SERVO_START = 2  # it starts at 1/2 of its range

# The low nibble of an id's fifth byte.
PERCENTAGE, SIGNED = 1, 5
_TYPES = {
    "inf": PERCENTAGE, "pro": PERCENTAGE, "shk": PERCENTAGE, "bat": PERCENTAGE,
    "svm": PERCENTAGE, "agp": PERCENTAGE, "cnt": PERCENTAGE, "pse": PERCENTAGE,
    "mot": SIGNED, "dgp": 0, "rim": 7, "sim": 8,
}  # fmt: skip
# A servo (pse) has an absolute target, an incremental hop and a speed.
SERVO_AREAS = 3


def linear_z(raw: int, full: int, depth: int) -> int:
    """The voxel of raw/full, 0 ≤ raw ≤ full."""
    value = np.float32(raw / full)
    z = np.float32(np.float32(1) - value) * np.float32(depth)
    return min(depth - 1, int(np.floor(z)))


def fraction_zs(raw: int, full: int, depth: int) -> list[int]:
    """The voxels of raw/full as binary digits, the most significant at z = 0."""
    if raw == 0:
        return [depth - 1]
    found = []
    left = raw
    for z in range(depth):
        left *= 2
        if left >= full:
            found.append(z)
            left -= full
    return found


def area_id(
    letter: str, unit: str, *, group: int = 0, area: int = 0, incremental: bool = False,
    fractional: bool = False,
) -> bytes:  # fmt: skip
    """The eight bytes that name an area: i or o, unit, type and number, flags, group."""
    kind = _TYPES[unit]
    return (letter + unit).encode() + bytes(
        (area << 4 | kind, incremental | fractional << 1, group, 0)
    )


def servo_ids(group: int = 0, *, fractional: bool = False) -> list[bytes]:
    """The areas of servos: target, hop and speed. Only the hop is incremental."""
    return [
        area_id("o", "pse", group=group, area=area, incremental=area == 1, fractional=fractional)
        for area in range(SERVO_AREAS)
    ]
