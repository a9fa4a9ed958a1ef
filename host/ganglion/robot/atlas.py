"""Atlas: the neurons of a brain by area and voxel, for who looks many of them up.

In:  a QuantizedNetwork.
Out: its areas; the neurons of a voxel, none where the brain keeps none.
Never: develops or quantizes anything.
"""

from collections.abc import Sequence

from ..network.model import AreaInfo, QuantizedNetwork


class Atlas:
    """Neurons of a network by area id and voxel."""

    def __init__(self, network: QuantizedNetwork) -> None:
        self.network = network
        self.areas = {area.id: area for area in network.areas}
        names = [area.id for area in network.areas]
        area_of = network.per_neuron("area")
        self._neurons: dict[str, dict[int, int]] = {name: {} for name in names}
        for neuron, (area, place) in enumerate(
            zip(area_of.tolist(), network.place.tolist(), strict=True)
        ):
            self._neurons[names[area]][place] = neuron

    def voxel(self, area: AreaInfo, x: int, y: int, z: int) -> Sequence[int]:
        """The neurons of a voxel that the brain keeps, ascending by number in the voxel."""
        width, height, depth = area.dimensions
        if not (0 <= x < width and 0 <= y < height and 0 <= z < depth):
            return ()
        per = area.neurons_per_voxel
        first = ((x * height + y) * depth + z) * per
        found = self._neurons[area.id]
        return [found[place] for place in range(first, first + per) if place in found]
