"""The profile of each area of a connectome, as quantize makes it."""

from ganglion.connectome.model import Connectome
from ganglion.connectome.selection import live_neurons, stimulated_neurons
from ganglion.quantization.contributions import contributions_of
from ganglion.quantization.learning_contributions import learned_contributions
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.profile import AreaProfile, profiles_of


def profiles(c: Connectome, options: QuantizeOptions | None = None) -> dict[int, AreaProfile]:
    """By area index."""
    options, keep = options or QuantizeOptions(), live_neurons(c)
    reach = stimulated_neurons(c, keep)
    contributions, target = learned_contributions(c, contributions_of(c, options.weights))
    return profiles_of(c, keep, reach, contributions, target, options)
