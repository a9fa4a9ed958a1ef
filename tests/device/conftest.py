"""A board with a brain."""

from collections.abc import Iterator

import pytest

from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice


@pytest.fixture
def board(small_brain, tmp_path) -> Iterator[VirtualDevice]:
    """A board that has a brain and is on, with nobody at its port."""
    with open_device(f"virtual:{tmp_path}") as device:
        device.put(small_brain.blob)
    with VirtualDevice(tmp_path) as virtual:
        yield virtual
