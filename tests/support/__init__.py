"""What tests share: where the checkout is, small brains, recordings, boards that may be erased.

In:  nothing.
Out: ROOT, the checkout; SHARED, the folder beside it that holds real genomes and traces, or not.
Never: a claim of its own; a test says what it skips when SHARED is absent.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
EXAMPLES = ROOT / "host" / "ganglion" / "examples"
GOLDEN_GENOMES = ROOT / "host" / "ganglion" / "examples"
