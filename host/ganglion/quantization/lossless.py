"""Verdict: whether an area in integers does exactly what exact numbers would do.

In:  a Meeting and its Scale.
Out: the losses that could be shown by some input; none means that nothing can be lost.
Never: guesses: what is not proved here counts as a loss.

"Exact numbers" is FEAGI's burst without any rounding and without any clamp, for whatever length
of run, fed with inputs that are multiples of the unit (or with any reals, if `graded`).
The proof is SPEC.md, 6.8.
"""

from dataclasses import dataclass
from fractions import Fraction

from .profile import AreaProfile
from .rationals import ceil_star, floor_star
from .scale import Scale
from .unit import decisive


@dataclass(frozen=True, slots=True)
class Inexactness:
    """One way in which an area's integers can differ from exact numbers."""

    code: str
    fact: str


def losses(meeting: AreaProfile, scale: Scale) -> tuple[Inexactness, ...]:
    """Every loss of an area; empty if it is lossless."""
    found: list[Inexactness] = []

    def note(code: str, fact: str) -> None:
        found.append(Inexactness(code, fact))

    if not scale.exact:
        note("weights", "its weights fit no common unit, so they are rounded")
    off_grid = [v for v in meeting.natural if (v / scale.unit).denominator != 1]
    if off_grid and (meeting.injected or meeting.power):
        note("inputs", f"an input of {float(off_grid[0]):g} is no whole number of its unit")
    if meeting.graded and (meeting.accumulates or meeting.uppers or _between(meeting, scale)):
        note("inputs", "graded inputs are rounded to its unit")
    if not meeting.accumulates:
        return tuple(found)

    if not _always_clears(meeting, scale):
        if scale.n > scale.input_max or meeting.negative_inputs:
            note("inhibition", f"inhibition can pile up to the clamp at {scale.low}")
        if meeting.leaks:
            note("leak", "its leak is rounded whenever a potential is left over")
    upper = max((floor_star(u / scale.unit) for u in meeting.uppers), default=0)
    needed = decisive(meeting, scale.unit, scale.threshold_max, upper)
    if scale.high < needed:
        note("clamp", f"the clamp at {scale.high} lies below what decides whether it fires")
    return tuple(found)


def _always_clears(meeting: AreaProfile, scale: Scale) -> bool:
    """Whether no update leaves a potential over that a leak or a later burst could change.

    Either the leak takes everything, or every touch alone reaches every threshold: then a touched
    neuron fires, or rests with all it has, which is enough to fire at the next touch.
    """
    if meeting.all_leak and min(meeting.leaks) >= 1:
        return True
    if meeting.uppers or not meeting.always or meeting.negative_inputs or meeting.graded:
        return False
    learned = meeting.learned or (False,) * len(meeting.values)
    parts = zip(meeting.values, meeting.driven, learned, strict=True)
    touches = [v / d if changes else v for v, d, changes in parts if v != 0]
    if meeting.injected or meeting.power:
        touches.append(Fraction(1))  # whole inputs; one of 0 adds nothing to nothing
    if meeting.stimulated and scale.amount > 1:
        touches.append((scale.amount >> 1) * scale.unit)
    return not touches or min(touches) >= max(meeting.thresholds)


def _between(meeting: AreaProfile, scale: Scale) -> bool:
    """Whether a threshold lies between two units, where rounding an input down can hide it."""
    return any(ceil_star(t / scale.unit) != floor_star(t / scale.unit) for t in meeting.thresholds)
