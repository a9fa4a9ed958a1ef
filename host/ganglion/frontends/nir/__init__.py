"""NIR: spiking networks that snnTorch, Norse, SpikingJelly, sinabs, Rockpool or Spyx trained.

In:  a `.nir` file, and the facts that such a file does not hold.
Out: a Model that fires as its tool does; for each node a verdict.
Never: guesses what a file leaves open.
"""

from .facts import SOURCES, Facts, facts
from .file import NirError, read
from .floats import FloatModel
from .lower import lower, node_of
from .model import Model, load, understand

__all__ = [
    "SOURCES", "Facts", "FloatModel", "Model", "NirError", "facts", "load", "lower", "node_of",
    "read", "understand",
]  # fmt: skip
