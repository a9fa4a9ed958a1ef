"""Verdict: whether an area in integers does exactly what exact numbers would do.

In:  a Profile and its Scale.
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
from .rounding import quanta_of
from .scale import Scale
from .unit import decisive


@dataclass(frozen=True, slots=True)
class Inexactness:
    """One way in which an area's integers can differ from exact numbers."""

    code: str
    fact: str


def losses(profile: AreaProfile, scale: Scale) -> tuple[Inexactness, ...]:
    """Every loss of an area; empty if it is lossless."""
    found: list[Inexactness] = []

    def note(code: str, fact: str) -> None:
        found.append(Inexactness(code, fact))

    if not scale.exact:
        note("weights", "its weights fit no common unit, so they are rounded")
    off_grid = [v for v in profile.natural if (v / scale.unit).denominator != 1]
    if off_grid and (profile.injected or profile.power):
        note("inputs", f"an input of {float(off_grid[0]):g} is no whole number of its unit")
    if profile.graded and (profile.accumulates or profile.uppers or _between(profile, scale)):
        note("inputs", "graded inputs are rounded to its unit")
    if not profile.accumulates:
        return tuple(found)

    if not _always_clears(profile, scale):
        if scale.n > scale.input_max or profile.negative_inputs:
            note("inhibition", f"inhibition can pile up to the clamp at {scale.low}")
        if profile.leaks:
            note("leak", "its leak is rounded whenever a potential is left over")
    upper = max((floor_star(u / scale.unit) for u in profile.uppers), default=0)
    needed = decisive(profile, scale.unit, scale.threshold_max, upper)
    if scale.high < needed:
        note("clamp", f"the clamp at {scale.high} lies below what decides whether it fires")
    return tuple(found)


def _always_clears(profile: AreaProfile, scale: Scale) -> bool:
    """Whether no update leaves a potential over that a leak or a later burst could change.

    Either the leak takes everything, or every touch alone reaches every threshold: then a touched
    neuron fires, or rests with all it has, which is enough to fire at the next touch.
    """
    if profile.all_leak and min(profile.leaks) >= 1:
        return True
    if profile.uppers or not profile.always or profile.negative_inputs or profile.graded:
        return False
    touches = [step for step in quanta_of(profile) if step != 0]  # a PSP can be 1, a weight too
    if profile.injected or profile.power:
        touches.append(Fraction(1))  # whole inputs; one of 0 adds nothing to nothing
    if profile.stimulated and scale.amount > 1:
        touches.append((scale.amount >> 1) * scale.unit)
    return not touches or min(touches) >= max(profile.thresholds)


def _between(profile: AreaProfile, scale: Scale) -> bool:
    """Whether a threshold lies between two units, where rounding an input down can hide it."""
    return any(ceil_star(t / scale.unit) != floor_star(t / scale.unit) for t in profile.thresholds)
