"""Real: a stimulus as real potentials by burst, for an engine of any precision.

In:  a function from the burst to indices and potentials.
Out: a RealStimulus, with what a quantizer must know of it.
Never: draws anything itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Drawn = tuple[NDArray[np.int64], NDArray[np.int64]]  # neurons, amounts
Potentials = tuple[NDArray[np.int64], NDArray[np.float32]]  # neurons, real potentials
NOTHING: Potentials = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class RealStimulus:
    """Potentials by burst, from 1. `kind` is "whole" or "graded", as QuantizeOptions has it."""

    name: str
    kind: str
    inputs: Callable[[int], Potentials]
    negative: bool = False
    maximum: float = 0.0
    drawn: Callable[[int], Drawn] | None = None
    """The same in a network's own integers (R3), if it was made of them."""
