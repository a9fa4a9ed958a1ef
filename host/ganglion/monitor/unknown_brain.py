"""A brain that only the device has: how many neurons it has, found by asking.

In:  a device that holds a brain, of which nobody here has the file.
Out: an outline of it: all its neurons in one area.
Never: guesses; a device without a brain is refused.
"""

from ..device.device import Device
from ..device.open import open_device
from ..errors import DeviceError
from ..link.codes import Code, Refused
from ..network.model import MAX_NEURONS, QuantizedNetwork
from ..network.outline import unknown


def network_on(spec: str) -> QuantizedNetwork:
    """The outline of the brain on a device. Raises DeviceError if it has none."""
    with open_device(spec) as device:
        if not device.greeting.brain_id:
            raise DeviceError(f"{spec} has no brain", "name one: `ganglion monitor BRAIN.gbn`")
        return unknown(neurons_of(device))


def neurons_of(device: Device) -> int:
    """How many neurons its brain has: READ is refused beyond the last."""
    least, most = 1, MAX_NEURONS + 1  # it has neuron `least − 1`, and not neuron `most − 1`
    while most - least > 1:
        middle = (least + most) // 2
        try:
            device.read_state(middle - 1, 1)
        except Refused as refused:
            if refused.code != Code.VALUE:
                raise
            most = middle
        else:
            least = middle
    return least
