"""Engine: the one place that chooses who computes the reference, numpy or numba.

In:  a network, and perhaps the name of an engine, or for how many bursts it will run.
Out: a Reference, a StimulusStream: whichever they are, equal in every bit.
Never: computes; takes numba where a brain has layers, learns, or drives a robot, or where numba is
       not installed. numpy is normative.
"""

import sys

from ..errors import ToolError
from ..network.model import QuantizedNetwork
from .compiled import CompiledReference, CompiledStream, available
from .integers import Reference
from .stimulus import RandomStimulus, StimulusStream

ENGINES = ("numpy", "numba")
MISSING = "pip install 'ganglion[fast]'"
BURSTS = 1_000  # that a run has if nobody says
LOADING = 5_000_000  # bursts times (neurons + 1,200) that numpy computes while numba is loaded


def pays(network: QuantizedNetwork, bursts: int = BURSTS) -> bool:
    """Whether numba is loaded already, or saves more than loading it costs (1.2 s of CPU)."""
    return "numba" in sys.modules or bursts * (network.n_neurons + 1_200) >= LOADING


def engine_of(network: QuantizedNetwork, *, drives: bool = False) -> str:
    """The fastest engine that there is for a brain."""
    odd = drives or bool(network.learning) or bool(network.layers)
    return ENGINES[not odd and available()]


def reference_of(
    network: QuantizedNetwork, *, drives: bool = False, engine: str | None = None,
    bursts: int = BURSTS,
) -> Reference:  # fmt: skip
    """A reference by the engine of that name, or by the fastest for a run of so many bursts.

    All are equal in every bit. Raises ToolError if numba is asked for and cannot serve.
    """
    best = engine_of(network, drives=drives)
    if engine is None and not pays(network, bursts):
        engine = "numpy"
    if engine == "numba" != best:
        if not available():
            raise ToolError("numba is not installed", MISSING)
        raise ToolError(
            "numba knows no layers, no learning and no robot, and this brain has some",
            "let numpy compute it",
        )
    if (engine or best) == "numba":
        return CompiledReference(network)
    return Reference(network, drives=drives)


def stream_of(
    network: QuantizedNetwork, stimulus: RandomStimulus, *, engine: str | None = None,
    bursts: int = BURSTS,
) -> StimulusStream:  # fmt: skip
    """The stimulus, drawn by that engine, or by the fastest for a run of so many bursts."""
    if engine != "numpy" and available() and (engine == "numba" or pays(network, bursts)):
        return CompiledStream(network, stimulus)
    return StimulusStream(network, stimulus)
