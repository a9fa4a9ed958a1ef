"""Every transport that README names, against a server that is there."""

import pytest

from ganglion.cli.options.device import port_with_levels
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import UsageError
from ganglion.link.messages import Done
from ganglion.link.ports import open_port, split_lines, with_lines
from ganglion.simulation.accelerators.runtime_device import KINDS
from tests.support.serving import served


@pytest.mark.parametrize("kind", ["pty", "socket", "rfc2217"])
def test_a_brain_is_put_and_runs_over(kind, small_brain):
    with VirtualDevice() as virtual:
        if kind == "pty":
            run(virtual.path, small_brain)
        else:
            with served(virtual.path, plain=kind == "socket") as (url, _):
                assert url.startswith(f"{kind}://")
                run(url, small_brain)


def run(path: str, brain) -> None:
    with open_device(path) as device:
        device.put(brain.blob)
        device.configure(lossless=True)
        device.start(20)
        *_, last = device.events()
        assert isinstance(last, Done)
        assert last.burst == 20
        assert device.losses.none


def test_lines_are_set_as_asked_before_a_byte_is_sent():
    with VirtualDevice() as virtual, served(virtual.path) as (url, levels):
        port = open_port(f"{url}?dtr=off&rts=off", 115200)
        port.close()
    assert ("dtr", False) in levels
    assert ("rts", False) in levels
    assert not any(level for _, level in levels)


def test_levels_behind_a_port_are_read_as_they_are_written():
    for spec in ("/dev/ttyUSB0", "id:A7", "auto", "rfc2217://h:1", "rfc2217://h:1?ign_set_control"):
        for lines in ({}, {"dtr": False}, {"rts": True}, {"dtr": False, "rts": False}):
            assert split_lines(with_lines(spec, lines)) == (spec, lines)
    assert with_lines("rfc2217://h:1?ign_set_control", {"rts": False}) == (
        "rfc2217://h:1?ign_set_control&rts=off"
    )


def test_levels_of_a_port_that_has_no_lines_are_refused():
    assert port_with_levels("/dev/ttyUSB0", "off", None) == "/dev/ttyUSB0?dtr=off"
    for spec in ("virtual", "virtual-150k", "virtual:d", "qemu:f", "socket://h:1", *KINDS):
        with pytest.raises(UsageError) as caught:
            port_with_levels(spec, "off", "on")
        assert str(caught.value) == (
            f"{spec.partition(':')[0]} has no lines dtr and rts; leave out --dtr and --rts"
        )
        assert port_with_levels(spec, None, None) == spec
