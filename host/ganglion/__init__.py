"""Ganglion: compiles a spiking brain to integers, runs it on an ESP32, proves it equal.

In:  genomes, networks and recordings, as values or as paths.
Out: the names of `__all__`, each described in docs/api.md; nothing else is promised.
Never: loads numpy, or anything else, before a name is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api import (
        Board,
        Brain,
        Comparison,
        Connectome,
        Device,
        Divergence,
        Dynamics,
        Genome,
        Policy,
        QuantizeOptions,
        RandomStimulus,
        Run,
        StoredBrain,
        Verdict,
        compare,
        compile,
        deploy,
        develop,
        flash,
        load,
        load_board,
        open_device,
        plot,
        read,
        read_genome,
        read_run,
        record,
        save,
        simulate,
        verify,
    )

__all__ = [
    "Board",
    "Brain",
    "Comparison",
    "Connectome",
    "Device",
    "Divergence",
    "Dynamics",
    "Genome",
    "Policy",
    "QuantizeOptions",
    "RandomStimulus",
    "Run",
    "StoredBrain",
    "Verdict",
    "compare",
    "compile",
    "deploy",
    "develop",
    "flash",
    "load",
    "load_board",
    "open_device",
    "plot",
    "read",
    "read_genome",
    "read_run",
    "record",
    "save",
    "simulate",
    "verify",
]


def __getattr__(name: str) -> object:
    """The names of the API, loaded on demand (PEP 562)."""
    if name == "errors":
        return import_module(".errors", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".api", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__", "errors"]
