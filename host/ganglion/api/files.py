"""Files: where a result may be written, asked before the work, and written whole.

In:  paths, bytes.
Out: a place that can be written; a file that is complete.
Never: leaves half a file behind.
"""

from ..files import check_output, write_bytes

__all__ = ["check_output", "write_bytes"]
