"""Genomes: FEAGI's files, read, looked through, and described.

In:  the path of a genome (.json); a Policy for what such files leave open.
Out: a Genome; notices; JSON Schemas.
Never: changes a genome.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..frontends.feagi import Genome, Notice, Policy, Severity
from ..frontends.feagi.json_text import count
from ..frontends.feagi.policy import choices
from ..frontends.feagi.reader import read as read_genome
from ..frontends.feagi.reader import read_bytes

__all__ = [
    "SCHEMAS", "Genome", "Notice", "Policy", "Severity", "lint", "policies", "read_genome",
    "schema", "tally",
]  # fmt: skip

SCHEMAS = ("genome", "robot", "world")
"""Kinds of files that people write."""
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def lint(path: str | Path, policy: Policy | None = None) -> tuple[Notice, ...]:
    """Everything odd in a genome file, in the order of reading and developing it.

    What makes the file unusable is a notice too, of severity ERROR. Raises GenomeError only for a
    file that cannot be read at all.
    """
    from ..frontends.feagi.lint import lint as look

    policy = policy or Policy()
    return tuple(look(read_bytes(Path(path), policy), policy))


def tally(notices: Iterable[Notice]) -> str:
    """How many there are of each severity, in words."""
    counts = Counter(notice.severity for notice in notices)
    return ", ".join(count(counts[each], _WORDS[each]) for each in Severity)


def policies() -> list[str]:
    """What a Policy can settle: `name=value|value` each."""
    return choices().split(", ")


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one of SCHEMAS."""
    if kind == "genome":
        from ..frontends.feagi.schema import genome_schema

        return genome_schema()
    if kind == "robot":
        from ..robot.file import robot_schema

        return robot_schema()
    from ..robot.world import world_schema

    return world_schema()
