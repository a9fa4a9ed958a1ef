"""Verdicts: whether two sides are equal, bit for bit, and the first place where they are not.

In:  nothing.
Out: the types, and a verdict as JUnit XML for a CI system.
Never: judges.
"""

from ..verification.junit import junit
from ..verification.verdict import Divergence, Verdict

__all__ = ["Divergence", "Verdict", "junit"]
