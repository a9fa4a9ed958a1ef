"""Stimuli: what may be fed to a brain, by name.

In:  nothing.
Out: the names that `stimulus` takes everywhere, the default, and the one that both sides draw.
Never: feeds anything.
"""

from ..reference.stimulus import DEFAULT_STIMULUS, RandomStimulus
from ..simulation.stimuli import HELP, NAMES

__all__ = ["DEFAULT_STIMULUS", "HELP", "NAMES", "RandomStimulus"]
