"""API: what a Python program, and the command line, does with Ganglion: a function for each verb.

In:  paths, connectomes, brains, names of devices and stimuli as the command line takes them.
Out: values: Connectome, Brain, Run, Verdict, Comparison; files where one is asked for.
Never: prints; asks; keeps anything between two calls.

`import ganglion` offers the names below, and loads what one needs when it is used. The modules of
this package, one for each noun, hold these and the other verbs of the command line; a function's
`progress` is shown how far it is, and its `tell` or `warn` what is worth knowing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .boards import *  # noqa: F403
    from .brains import *  # noqa: F403
    from .comparisons import *  # noqa: F403
    from .connectomes import *  # noqa: F403
    from .deployments import *  # noqa: F403
    from .devices import *  # noqa: F403
    from .genomes import *  # noqa: F403
    from .installations import *  # noqa: F403
    from .quantization import *  # noqa: F403
    from .recordings import *  # noqa: F403
    from .runs import *  # noqa: F403
    from .simulations import *  # noqa: F403
    from .stimuli import *  # noqa: F403
    from .verdicts import *  # noqa: F403

_NAMES = {
    "boards": "Board load_board",
    "brains": "Brain Connectome StoredBrain compile load read save",
    "comparisons": "Comparison compare",
    "connectomes": "Dynamics develop",
    "devices": "Device open_device",
    "genomes": "Genome Policy read_genome",
    "deployments": "deploy",
    "installations": "flash",
    "quantization": "QuantizeOptions",
    "recordings": "Run plot read_run",
    "runs": "record verify",
    "simulations": "simulate",
    "stimuli": "RandomStimulus",
    "verdicts": "Divergence Verdict",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """A name, from the module that is its home; `__all__` is the list of them."""
    if name == "__all__":
        return sorted(_HOMES)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
