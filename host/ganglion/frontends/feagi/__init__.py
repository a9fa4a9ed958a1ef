"""Genome: a FEAGI genome file, in any layout, as one frozen value.

In:  the bytes of a genome: flat 2.0 and 2.1, hierarchical 2.x, 3.0, or FEAGI's example layout.
Out: a Genome: areas, rules and morphologies with every default filled in, and notices.
Never: a traceback for a file; a repair, a default or an ignored key that no notice mentions.
"""

from ...connectome.ids import AreaId
from ...notices import Notice, Notices, Severity
from .genome import Genome, GenomeArea, Rule
from .policy import Policy
from .reader import examine, parse, read

__all__ = [
    "AreaId",
    "Genome",
    "GenomeArea",
    "Notice",
    "Notices",
    "Policy",
    "Rule",
    "Severity",
    "examine",
    "parse",
    "read",
]
