"""Genomes: example brains of our own, as files in FEAGI's format.

In:  a name.
Out: the path of that genome, in a checkout and in an installed copy alike.
Never: holds a genome that somebody else wrote.
"""

from pathlib import Path

from ..errors import GenomeError

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The examples there are."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def path(name: str) -> Path:
    """The file of an example."""
    if name not in names():
        known = ", ".join(names())
        raise GenomeError(f"there is no example genome {name!r}", f"use one of {known}")
    return FOLDER / f"{name}.json"


def robot(name: str) -> Path:
    """The robot file of an example."""
    return path(name).with_suffix(".toml")
