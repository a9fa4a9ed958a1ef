"""Addresses and names for programs that watch along."""

import socket
from dataclasses import replace

import pytest

from ganglion.errors import UsageError
from ganglion.monitor.bridges import _unique, address
from ganglion.network.model import AreaInfo


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("localhost", ("localhost", 9)), ("localhost:7", ("localhost", 7)),
        (":7", ("127.0.0.1", 7)),
        ("[::1]:7", ("::1", 7)), ("[::1]", ("::1", 9)), ("::1", ("::1", 9)),
        ("fe80::1%lo", ("fe80::1%lo", 9)), ("10.0.0.1:7", ("10.0.0.1", 7)),
    ],
)  # fmt: skip
def test_an_address_is_a_host_and_perhaps_a_port_in_either_family(text: str, found: object):
    assert address(text, 9) == found


@pytest.mark.parametrize("text", ["[::1]7", "[::1]:", "h:99999", "h:x", "[::1]:0"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(UsageError):
        address(text, 9)


def test_ipv6_reaches_somebody():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ear:
        try:
            ear.bind(("::1", 0))
        except OSError as error:
            pytest.skip(f"no IPv6 loopback here: {error}")
        host, port = address(f"[::1]:{ear.getsockname()[1]}", 9)
        assert socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0][0] == socket.AF_INET6


def test_areas_of_one_name_are_told_apart_by_their_ids():
    one = AreaInfo("c_one", "eye", "CUSTOM", (1, 1, 1), 1, (0, 0, 0), 1.0)
    areas = [one, replace(one, id="c_two"), replace(one, id="c_abc", name="a/b"),
             replace(one, id="c_xyz", name="a_b"),
             replace(one, id="c_mot", name="motor")]  # fmt: skip
    names = [_unique(areas, area) for area in areas]
    assert len(set(names)) == len(areas)
    assert names[0] == "eye (c_one)" and names[-1] == "motor"
