"""Legacy coding: what the input and output areas of genomes 2.x mean (FEAGI's Python connector).

In:  an exact reading with its range and the depth of an area.
Out: the z of the voxel that it fires. z = 0 is the smallest value.
Never: floating point in what a board repeats. At halves round() goes to the even number.
"""

from fractions import Fraction

POTENTIAL = 100  # that a voxel gets, for as long as the reading lasts

# Areas whose readings are vectors or signed take the range from its minimum on and are clamped;
# the connector called that "symmetric". It is also what a robot file means.


def clamped_z(value: Fraction, low: Fraction, high: Fraction, depth: int) -> int:
    """0 at and below `low`, depth − 1 at and above `high`, to nearest in between. low < high."""
    if value <= low:
        return 0
    if value >= high:
        return depth - 1
    return round((value - low) * (depth - 1) / (high - low))


def unclamped_z(value: float, low: float, high: float, depth: int) -> int:
    """The connector's other form, in its own float64: the range counts from 0, and z may lie
    outside of the area. No board uses it: a robot file means the form above."""
    return round(value / (high - low) * (depth - 1))


def power(fired: dict[int, Fraction], depth: int) -> Fraction | None:
    """The value of a column of an output area; none if nothing of it fired.

    `fired`: for each z the share of the voxel's neurons that fired, above 0.
    """
    if not fired:
        return None
    return sum((share * (z + 1) / depth for z, share in fired.items()), Fraction(0)) / len(fired)
