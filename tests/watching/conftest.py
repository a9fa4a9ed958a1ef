"""What the tests of watching share: a recording that a real MicroPython made, once for all."""

from collections.abc import Iterator

import pytest
from recordings import Recorded, record_run

from ganglion.compiler import Brain
from ganglion.device import open_device
from ganglion.recording import Recorder


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, small_brain: Brain) -> Iterator[Recorded]:
    """Two runs of the small brain, random:1 and random:2, in one recording."""
    path = tmp_path_factory.mktemp("recorded") / "two runs.gbr"
    with open_device("virtual") as device:
        device.put(small_brain.blob)
        with Recorder(path, small_brain.blob, {"device": "virtual"}) as recorder:
            record_run(device, recorder, "random:1")
            record_run(device, recorder, "random:2")
    yield Recorded(path, small_brain)
