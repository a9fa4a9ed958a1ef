"""Notices on the screen: each kind once or twice, and how many more of it there were.

In:  the notices of a genome.
Out: lines on stderr; their number, for --strict.
Never: hides a kind of warning.
"""

from collections import defaultdict
from collections.abc import Iterable

from ...api.genomes import Notice, Severity
from .talk import remark, warned

_SHOWN = 3  # of a kind


def tell(notices: Iterable[Notice]) -> None:
    """Prints warnings and errors; what is no more than information `ganglion lint` lists."""
    kinds: dict[str, list[Notice]] = defaultdict(list)
    for notice in notices:
        if notice.severity is not Severity.INFO:
            kinds[notice.code].append(notice)
    for code, found in kinds.items():
        warned(len(found))
        for notice in found[:_SHOWN]:
            remark(str(notice))
        if len(found) > _SHOWN:
            remark(f"… and {len(found) - _SHOWN:,} more of {code}; `ganglion lint` lists them")
