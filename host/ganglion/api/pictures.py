"""Pictures: what can be drawn of a recorded run, and as which files.

In:  nothing.
Out: names.
Never: draws: recordings.plot_recording does.
"""

from ..export.plots import kinds
from ..export.plots.rasters import FORMATS
from ..export.plots.traces import MOST as MOST_NEURONS

__all__ = ["FORMATS", "KINDS", "MOST_NEURONS"]

KINDS = ("raster", *kinds.KINDS, "trace")
