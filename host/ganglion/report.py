"""Report: what a compile decided, area by area, in numbers that JSON and people can read.

In:  a Brain, the connectome it came from, the notices of reading it.
Out: a dictionary with stable keys; a QuantizationConfig per area.
Never: computes anything that the brain's behaviour depends on.
"""

import math
from dataclasses import asdict, dataclass
from fractions import Fraction

from .blob import brain_id
from .compiler import Brain
from .connectome import Connectome
from .errors import QuantizeError
from .genome import Notice
from .memory import summary


@dataclass(frozen=True, slots=True)
class QuantizationConfig:
    """How the integers of one area relate to real potentials.

    A potential of integer V stands for V · activation_scale; a weight w of class c for
    w · weight_scales[c]; what the area sends on, if its PSP follows its potential, is in units of
    output_scale. zero_point is 0: zero is zero. Raises QuantizeError if a field is out of range.
    """

    area: str
    state_width: int  # 8, 16 or 32 bits
    activation_scale: float
    output_scale: float
    weight_scales: tuple[float, ...]
    zero_point: int = 0
    rounding: str = "nearest, ties away from zero; thresholds upward"
    exact: bool = True  # every contribution is a whole number of activation_scale

    def __post_init__(self) -> None:
        if self.state_width not in (8, 16, 32):
            raise QuantizeError(f"state width {self.state_width} is none", "use 8, 16 or 32")
        scales = (self.activation_scale, self.output_scale, *self.weight_scales)
        if not all(math.isfinite(s) and s >= 0 for s in scales) or self.activation_scale <= 0:
            raise QuantizeError(f"the scales of {self.area} are {scales}", "give positive numbers")
        if self.zero_point != 0:
            raise QuantizeError(f"the zero point is {self.zero_point}", "only 0 keeps zero at zero")

    def dequantize(self, integer: int) -> float:
        """The real potential that an integer of this area stands for."""
        return integer * self.activation_scale

    def quantize(self, potential: float) -> int:
        """The integer nearest to a real potential."""
        quotient = Fraction(potential) / Fraction(self.activation_scale)
        size = math.floor(abs(quotient) + Fraction(1, 2))
        return size if quotient >= 0 else -size


def configs(brain: Brain) -> list[QuantizationConfig]:
    """One per area of the network."""
    network = brain.network
    incoming: dict[int, set[int]] = {}
    area_of = network.per_neuron("area")
    for area, klass in set(
        zip(area_of[network.target].tolist(), network.klass.tolist(), strict=True)
    ):
        incoming.setdefault(area, set()).add(klass)
    return [
        QuantizationConfig(
            area=info.id,
            state_width=network.state,
            activation_scale=info.unit,
            output_scale=info.unit,
            weight_scales=tuple(
                info.unit * network.classes[k].multiplier / (1 << network.classes[k].shift)
                for k in sorted(incoming.get(i, ()))
            ),
            exact=scale.exact,
        )
        for i, (info, scale) in enumerate(
            zip(network.areas, brain.quantization.scales, strict=True)
        )
    ]


def report(
    brain: Brain, connectome: Connectome, notices: tuple[Notice, ...] = ()
) -> dict[str, object]:
    """Everything a compile knows, JSON-ready."""
    network, note = brain.network, brain.quantization
    kept: dict[int, int] = {}
    for p in network.populations:
        kept[p.area] = kept.get(p.area, 0) + p.count
    areas = []
    for i, (config, scale) in enumerate(zip(configs(brain), note.scales, strict=True)):
        area = connectome.areas[note.areas[i]]
        areas.append(
            {
                "id": area.id,
                "name": area.name,
                "group": area.group,
                "neurons": area.count,
                "live_neurons": kept[i],
                "threshold_max": scale.threshold_max,
                "low": scale.low,
                "high": scale.high,
                "input_max": scale.input_max,
                "largest_sum": scale.p,
                "largest_inhibition": scale.n,
                "clipped_harmlessly": scale.clipped,
                "quantization": asdict(config),
            }
        )
    return {
        "brain_id": brain_id(brain.blob).hex(),
        "connectome": network.genome.hex(),
        "genome_id": connectome.genome_id,
        "title": connectome.title,
        "precision": "int8",
        "genome_precision": connectome.precision,
        "state": f"int{network.state}",
        "lossless": note.lossless,
        "storage_bits": network.storage,
        "neurons": connectome.n_neurons,
        "live_neurons": network.n_neurons,
        "left_out_neurons": connectome.n_neurons - network.n_neurons,
        "synapses": network.n_synapses,
        "populations": len(network.populations),
        "classes": len(network.classes),
        "slack": brain.bounds.slack(network.storage),
        "golden": asdict(network.golden),
        **summary(network, brain.blob),
        "areas": areas,
        "notices": [notice.as_dict() for notice in notices],
    }
