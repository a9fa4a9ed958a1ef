"""The profile of each area of a connectome, as quantize makes it."""

from ganglion.connectome.model import Connectome
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.profile import AreaProfile, profiled


def profiles(c: Connectome, options: QuantizeOptions | None = None) -> dict[int, AreaProfile]:
    """By area index."""
    return profiled(c, options or QuantizeOptions()).areas
