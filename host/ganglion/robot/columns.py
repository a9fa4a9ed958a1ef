"""Columns: encoders and outputs of the codings, over neurons that are numbered by voxel.

In:  a channel of an area, its depth, ranges as whole numbers; cells: the neuron of each voxel.
Out: the encoders and outputs of a program.
Never: needs a brain. `place` gives the neurons; without one they are x · depth · per + z · per + i.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import gcd, lcm

from ..network.robot import Bits, Encoder, Law, Levels, Output, Tap
from . import feagi3, legacy

Cells = Sequence[Sequence[int]]  # the neurons of each z that the brain has
Place = Callable[[int, int], Sequence[int]]  # the neurons of voxel (x, z)
MOST = 1 << 30  # what scale · numerator stays below: a small integer on every board
ANGLE = 100  # an angle in a program is in hundredths of a degree


def level_table(z_of: Callable[[int], int], low: int, high: int) -> tuple[list[int], list[int]]:
    """Where a monotone function of low..high changes: the first raw value of each piece but the
    first, and the function's value on each piece."""
    thresholds: list[int] = []
    values = [z_of(low)]
    at = low
    while values[-1] != z_of(high):
        below, above = at, high  # z_of(below) is the last value, z_of(above) is not
        while above - below > 1:
            middle = (below + above) // 2
            if z_of(middle) == values[-1]:
                below = middle
            else:
                above = middle
        thresholds.append(above)
        values.append(z_of(above))
        at = above
    return thresholds, values


def _levels(
    slot: int, amount: int, z_of: Callable[[int], int], low: int, high: int,
    cell: Callable[[int], Sequence[int]],
) -> Levels:  # fmt: skip
    thresholds, values = level_table(z_of, low, high)
    return Levels(slot, amount, tuple(thresholds), tuple(tuple(cell(z)) for z in values))


def legacy_levels(slot: int, amount: int, low: int, high: int, cells: Cells, depth: int) -> Levels:
    """A reading from `low` to `high` in a column; low > high turns it round."""
    if depth == 1:
        return switch_levels(slot, amount, low, high, cells[0])

    def z_of(raw: int) -> int:
        if low < high:
            return legacy.clamped_z(Fraction(raw), Fraction(low), Fraction(high), depth)
        return legacy.clamped_z(Fraction(-raw), Fraction(-low), Fraction(-high), depth)

    return _levels(slot, amount, z_of, min(low, high), max(low, high), lambda z: cells[z])


def switch_levels(slot: int, amount: int, low: int, high: int, cell: Sequence[int]) -> Levels:
    """An area of depth 1 is on or off: on above the middle of the range, or below if turned."""
    middle = (low + high) // 2 + 1 if low < high else (low + high + 1) // 2
    fires = ((), tuple(cell)) if low < high else (tuple(cell), ())
    return Levels(slot, amount, (middle,), fires)


def boolean_levels(channel: int, amount: int = 1) -> tuple[Levels, Levels]:
    """FEAGI 3's boolean: the voxel gets its potential, or is touched with 0."""
    on = Levels(0, amount, (1,), ((), (channel,)))
    off = Levels(0, 0, (1,), ((channel,), ()))
    return on, off


def feagi3_cells(channel: int, depth: int, *, signed: bool) -> tuple[Cells, Cells]:
    """The cells of a channel by number: one column, or two."""
    x = channel * 2 if signed else channel
    plus = [(n,) for n in range(x * depth, (x + 1) * depth)]
    return plus, [(n,) for n in range((x + 1) * depth, (x + 2) * depth)] if signed else ()


def feagi3_encoder(
    slot: int, amount: int, zero: int, full: int, depth: int, cells: tuple[Cells, Cells], *,
    fractional: bool,
) -> Encoder:  # fmt: skip
    """A reading whose 0 is `zero` and whose 1 is `full`; signed if there is a second column."""
    plus, minus = cells
    if fractional:
        return Bits(slot, amount, zero, full - zero, _single(plus), _single(minus))
    span = abs(full - zero)
    up = full > zero

    def z_of(raw: int) -> int:
        """−depth..−1 in the second column, 0 is nothing, 1..depth in the first; ascending."""
        distance = raw - zero if up else zero - raw
        if minus and distance == 0:
            return 0
        z = feagi3.linear_z(min(abs(distance), span), span, depth)
        if not minus:
            z = feagi3.linear_z(min(max(distance, 0), span), span, depth)
        return depth - z if distance >= 0 or not minus else z - depth

    def cell(code: int) -> Sequence[int]:
        if code == 0:
            return (*plus[depth - 1], *minus[depth - 1])
        return plus[depth - code] if code > 0 else minus[depth + code]

    far = zero - (full - zero) if minus else zero
    return _levels(slot, amount, z_of, min(far, full), max(far, full), cell)


def _single(cells: Cells) -> tuple[int, ...]:
    """One neuron for each z, −1 where the brain has none."""
    return tuple(cell[0] if cell else -1 for cell in cells)


# ---- outputs


def numbered(depth: int, per: int, first: int = 0) -> Place:
    """Neurons numbered by voxel."""
    return lambda x, z: range(first + (x * depth + z) * per, first + (x * depth + z + 1) * per)


def taps(
    x: int, depth: int, weight: Callable[[int], int], place: Place, *, each: bool
) -> tuple[Tap, ...]:
    """A column. `each`: every neuron counts as a voxel of its own."""
    found = []
    for z in range(depth):
        for i, neuron in enumerate(place(x, z)):
            found.append(Tap(neuron, weight(z), each or i == 0))
    return tuple(found)


def legacy_power(
    x: int, depth: int, per: int, place: Place | None = None
) -> tuple[tuple[Tap, ...], int]:
    """A column whose value is the mean of share · (z + 1) / depth; and its base."""
    place = place or numbered(depth, per)
    return taps(x, depth, lambda z: z + 1, place, each=False), depth * per


def legacy_motor(
    k: int, depth: int, max_power: int, window: int, per: int, place: Place | None = None,
    group: int = 0,
) -> Output:  # fmt: skip
    """Motor k: column 2k forward, 2k + 1 back."""
    plus, base = legacy_power(2 * k, depth, per, place)
    minus, _ = legacy_power(2 * k + 1, depth, per, place)
    return Output(Law.WINDOW, max_power, base, plus, minus, group=group, window=window)


def legacy_servo(
    k: int, depth: int, max_step: float, low: float, high: float, start: float, per: int,
    place: Place | None = None,
) -> Output:  # fmt: skip
    """Servo k of o__ser: its angle goes up by column 2k and down by 2k + 1.

    The angle is kept exactly where 1/(depth · lcm(1..depth)) of a degree leaves room for it.
    """
    plus, base = legacy_power(2 * k, depth, per, place)
    minus, _ = legacy_power(2 * k + 1, depth, per, place)
    fine = base * lcm(*range(1, depth + 1)) ** (2 if depth < 4 else 1)
    fine = fine * ANGLE // gcd(fine, ANGLE)
    step = _whole(max_step * fine)
    if max(abs(step) * _largest(plus, base) * max(depth, 1), abs(high) * fine) >= MOST:
        fine = 10 * ANGLE
        step = _whole(max_step * fine)
    return Output(
        Law.ADD, step, base, plus, minus, divisor=fine // ANGLE, low=_whole(low * fine),
        high=_whole(high * fine), initial=_whole(start * fine),
    )  # fmt: skip


def _whole(number: float | Fraction) -> int:
    return round(Fraction(str(number)) if isinstance(number, float) else number)


def _largest(column: tuple[Tap, ...], base: int) -> int:
    return sum(abs(tap.weight) for tap in column)


def legacy_position(
    k: int, depth: int, low: float, high: float, per: int, place: Place | None = None
) -> Output:
    """Servo k of o_spos: an angle from low to high, one column."""
    plus, base = legacy_power(k, depth, per, place)
    a, b = _whole(low * ANGLE), _whole(high * ANGLE)
    return Output(
        Law.KEEP, b - a, base, plus, offset=a, low=min(a, b), high=max(a, b),
        initial=min(max(0, min(a, b)), max(a, b)),
    )  # fmt: skip


def switch(x: int, depth: int, on: int, place: Place, y_columns: int = 1) -> Output:
    """Anything of a column fired: `on` for this burst, else 0."""
    column = taps(x, depth, lambda z: 1, place, each=True)
    return Output(Law.NOW, on, 1, column, mean=True)


def count(x: int, depth: int, full: int, place: Place) -> Output:
    """Coding raw: the share of a column's neurons that fired, of `full`."""
    column = taps(x, depth, lambda z: 1, place, each=True)
    return Output(Law.NOW, full, max(len(column), 1), column, mean=False)


def level(x: int, depth: int, full: int, per: int, place: Place) -> Output:
    """A legacy column's power for this burst, as o_mctl and oagpio mean it."""
    plus, base = legacy_power(x, depth, per, place)
    return Output(Law.NOW, full, base, plus)


def feagi3_output(
    channel: int, depth: int, full: int, per: int, *, signed: bool, fractional: bool,
    place: Place | None = None,
) -> Output:  # fmt: skip
    """mot (signed) and cnt (unsigned) of FEAGI 3; the last value is kept."""
    place = place or numbered(depth, per)
    if fractional:
        x = 2 * channel if signed else channel
        plus = taps(x, depth, lambda z: 1 << (depth - 1 - z), place, each=True)
        minus: tuple[Tap, ...] = ()
        if signed:
            minus = taps(x + 1, depth, lambda z: 1 << (depth - 1 - z), place, each=True)
        return Output(Law.KEEP, full, 1 << (depth - 1), plus, minus, mean=False)
    base = max(depth - 1, 1)
    weight = (lambda z: depth - 1 - 2 * z) if signed else (lambda z: depth - 1 - z)
    plus = taps(channel, depth, weight, place, each=True)
    return Output(Law.KEEP, full, base, plus)


def servo_target(
    channel: int, depth: int, low: int, high: int, per: int, channels: int = 0,
    target: Place | None = None, hop: Place | None = None,
) -> Output:  # fmt: skip
    """pse of FEAGI 3: area 0 sets the target, area 1 moves it by hops of 1/500 of the range."""
    target = target or numbered(depth, per)
    hop = hop or numbered(depth, per, channels * depth * per)
    columns = [
        taps(x, depth, lambda z: depth - 1 - z, place, each=True)
        for x, place in ((channel, target), (2 * channel, hop), (2 * channel + 1, hop))
    ]
    span = high - low
    return Output(
        Law.TARGET, span // feagi3.SERVO_STEP, max(depth - 1, 1), columns[1], columns[2],
        columns[0], divisor=span, low=low, high=high, initial=low + span // feagi3.SERVO_START,
        offset=low,
    )  # fmt: skip
