"""Examples: genomes and robots of our own, to compile and to edit.

In:  a name.
Out: the path of its file in the package.
Never: writes one.
"""

import json
from pathlib import Path

from ..errors import UsageError
from ..examples import names, path, robot

__all__ = ["example", "titles"]

_ALIASES = {"robot": "wall_avoider"}


def titles() -> dict[str, str]:
    """The title of each example genome, by its name."""
    return {
        name: json.loads(path(name).read_text(encoding="utf-8")).get("genome_title", "")
        for name in names()
    }


def example(name: str) -> Path:
    """An example genome; NAME.toml: the robot that it drives. Raises UsageError."""
    driven = name.endswith(".toml")
    stem = name.removesuffix(".toml" if driven else ".json")
    known = _ALIASES.get(stem, stem)
    if known not in names():
        raise UsageError(
            f"there is no example genome {name!r}",
            f"use one of {', '.join([*names(), *_ALIASES])}",
        )
    source = robot(known) if driven else path(known)
    if not source.exists():
        robots = ", ".join(n for n in names() if robot(n).exists())
        raise UsageError(f"the example {known} drives no robot", f"these do: {robots}")
    return source
