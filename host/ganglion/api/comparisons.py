"""Comparisons: how alike two firing patterns are, and where they part; what two brains learnt.

In:  two of: a recording, a device, a simulation at a precision; or files of what was learnt.
Out: a Comparison, an HTML report.
Never: a tolerance that was not asked for.
"""

from pathlib import Path

from ..analysis.comparison import html
from ..analysis.comparison.compare import Compared, Comparison
from ..analysis.comparison.compare import compare as _compare
from ..analysis.comparison.html import figures
from ..analysis.comparison.learnt import LearntComparison, compare_learnt, is_learnt
from ..analysis.comparison.sides import is_device
from ..errors import MismatchError
from .brains import Place
from .progress import Progress, silent

__all__ = [
    "Compared", "Comparison", "LearntComparison", "compare", "compare_learnt", "compare_runs",
    "figures", "is_device", "is_learnt", "require_similar", "write_report",
]  # fmt: skip

_BURSTS = 1000  # that are compared where nobody says


def compare(
    a: str, b: str, *, bursts: int | None = None, stimulus: str = "random:1",
    brain: Place | None = None,
) -> Comparison:  # fmt: skip
    """Two runs side by side, by the places of their neurons: how alike, and where they differ.

    Each is a recording (FILE.gbr, FILE.gbr#2), a simulation (sim:GENOME@fp32, sim:BRAIN.gbn) or
    a device, which runs `brain`. Raises UsageError if they have nothing in common.
    """
    return compare_runs(a, b, bursts=bursts, stimulus=stimulus, brain=brain).result


def compare_runs(
    a: str, b: str, *, bursts: int | None = None, stimulus: str = "random:1",
    brain: Place | None = None, progress: Progress = silent,
) -> Compared:  # fmt: skip
    """As `compare`, with both sides, for a report."""
    most = bursts or _BURSTS
    with progress("comparing", 2 * most) as advance:
        seen: dict[str, int] = {}

        def told(label: str, done: int, total: int) -> None:
            seen[label] = done
            advance(round(2 * most * sum(seen.values()) / (2 * total)))

        named = Path(brain) if brain is not None else None
        return _compare((a, b), bursts=bursts, stimulus=stimulus, brain=named, progress=told)


def write_report(compared: Compared, path: Path, command: str = "") -> None:
    """Writes a report with pictures as one HTML file; `command`: the words that made it."""
    html.write(compared, path, command)


def require_similar(
    result: Comparison, least: float, *, different: bool = False, partial: bool = False
) -> None:
    """Raises MismatchError if two runs are less alike than `least`, an F1.

    So it does for other neurons (unless `different`), and where not all was seen (unless
    `partial`): such a figure is of something else than was asked for.
    """
    if not result.same_neurons and not different:
        raise MismatchError(
            f"A and B are different brains: {result.only_in_a:,} neurons only in A, "
            f"{result.only_in_b:,} only in B",
            "name runs of one genome, or say that it is meant with --allow-different",
        )
    missing = "; ".join(word for word in (result.missing_a, result.missing_b) if word)
    if not result.bursts or ((result.bursts_left_out or missing) and not partial):
        raise MismatchError(
            f"{result.bursts:,} bursts were seen by both sides, which is not all: "
            f"{missing or f'{result.bursts_left_out:,} were not'}",
            "record again without losses, or be content with them by --partial",
        )
    if result.similarity < least:
        raise MismatchError(
            f"the similarity is {result.similarity:.6f}, and {least:g} was asked for",
            "see where they part with --report OUT.html",
        )
