"""Ganglion: compiles a spiking brain to integers, runs it on an ESP32, proves it equal.

In:  genomes, networks and recordings, as values or as paths.
Out: the names of ganglion.api, each described in docs/api.md; nothing else is promised.
Never: loads numpy, or anything else, before a name is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api import *  # noqa: F403


def __getattr__(name: str) -> object:
    """The names of the API, loaded on demand (PEP 562)."""
    if name == "errors":
        return import_module(".errors", __name__)
    try:
        return getattr(import_module(".api", __name__), name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return [*dir(import_module(".api", __name__)), "__version__", "errors"]
