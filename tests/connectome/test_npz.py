"""A connectome keeps its rules, saves to the same bytes each time, and refuses all others."""

import io
import random
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganglion import examples as genomes
from ganglion.connectome import npz
from ganglion.connectome.model import Connectome, Dynamics
from ganglion.connectome.npz import NEURON_ARRAYS, SYNAPSE_ARRAYS, decode, encode
from ganglion.errors import ConnectomeError, GanglionError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi.develop import develop as develop_genome
from tests.support.genomes import area, develop, rule


@pytest.fixture(scope="module")
def brain() -> Connectome:
    return develop_genome(genome.read(genomes.path("wall_avoider")))


def assert_equal(one: Connectome, other: Connectome) -> None:
    for name in (*NEURON_ARRAYS, *SYNAPSE_ARRAYS):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype and np.array_equal(left, right), name
    for name in ("genome_id", "title", "precision", "timestep", "areas", "power_neuron",
                 "projections"):  # fmt: skip
        assert getattr(one, name) == getattr(other, name), name


def test_a_connectome_survives_a_file(brain: Connectome, tmp_path: Path) -> None:
    path = tmp_path / "brain.npz"
    npz.save(brain, path)
    assert_equal(npz.load(path), brain)


@pytest.mark.parametrize(
    "areas",
    [
        {},
        {"cAAAAA": area((3, 2, 1), dynamics="every_burst", cortical_name='é\u2028 "x"')},
        {"cAAAAA": area((2, 1, 1), {"cAAAAA": [rule("all_to_all", -7)]}, firing_threshold=-0.0)},
    ],
)
def test_small_and_odd_connectomes_survive_too(areas: dict[str, Any]) -> None:
    connectome = develop(areas)
    assert_equal(decode(encode(connectome)), connectome)


def test_the_same_connectome_gives_the_same_bytes(brain: Connectome) -> None:
    again = develop_genome(genome.read(genomes.path("wall_avoider")))
    data = encode(brain)
    assert data == encode(again) == encode(decode(data))


def test_numpy_reads_the_file_without_pickle(brain: Connectome) -> None:
    with np.load(io.BytesIO(encode(brain)), allow_pickle=False) as file:
        assert np.array_equal(file["target"], brain.target)
        assert file["threshold"].dtype == np.float32
        assert set(file) == {"header", *NEURON_ARRAYS, *SYNAPSE_ARRAYS}


def test_arrays_are_read_only(brain: Connectome) -> None:
    with pytest.raises(ValueError, match="read-only"):
        brain.weight[0] = 3


# Corruption -----------------------------------------------------------------------------------


def test_every_flipped_byte_is_refused_or_harmless() -> None:
    connectome = develop({"cAAAAA": area((2, 1, 1), {"cAAAAA": [rule("all_to_all")]})})
    data = encode(connectome)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 0xFF
        try:
            loaded = decode(bytes(broken))
        except ConnectomeError:
            continue
        assert_equal(loaded, connectome)  # a date or another field that says nothing


def test_every_truncation_is_refused() -> None:
    data = encode(develop({"cAAAAA": area()}))
    for length in range(0, len(data), 7):
        with pytest.raises(ConnectomeError):
            decode(data[:length])


def test_random_bytes_are_refused() -> None:
    chance = random.Random(1)
    for length in (0, 1, 22, 100, 5000):
        with pytest.raises(ConnectomeError) as caught:
            decode(chance.randbytes(length))
        assert str(caught.value).startswith("the bytes are not a connectome (BadZipFile: ")
        assert str(caught.value).endswith("; develop the genome again")


def rebuilt(data: bytes, name: str, change: Any) -> bytes:
    """The archive with one member changed, and its checksum right."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            new.writestr(info, change(content) if info.filename == f"{name}.npy" else content)
    return buffer.getvalue()


def header(before: bytes, after: bytes) -> Any:
    """Replaces text in the header, of the same length."""
    assert len(before) == len(after)
    return lambda content: content.replace(before, after)


@pytest.mark.parametrize(
    ("name", "change", "fact"),
    [
        ("header", header(b'"version":1', b'"version":2'), "the file has version 2"),
        ("header", header(b"ganglion-connectome", b"ganglion-c0nnectome"), "the header is foreign"),
        ("header", header(b'"neurons":2', b'"neurons":9'), "area is not 9 numbers of type <i4"),
        ("header", header(b'"neurons":2', b'"neurons":x'), "JSONDecodeError"),
        ("header", header(b'"timestep":0.025', b'"timestep":-.025'), "JSONDecodeError"),
        ("header", header(b'"precision":"fp32"', b'"precision":"fp99"'), "the precision is 'fp99'"),
        ("header", header(b'"group":"CUSTOM"', b'"group":"CUSTOS"'), "has the group 'CUSTOS'"),
        ("header", header(b'"count":2', b'"count":3'), "area 0 (cAAAAA) lies at 0 with 3"),
        ("header", header(b'"dynamics":"on_input"', b'"dynamics":"on_inpux"'), "ValueError"),
        ("header", header(b'"power_neuron":null', b'"power_neuron":7777'), "the power neuron is"),
        ("header", lambda c: c[:128] + b"[" * (len(c) - 128), "JSONDecodeError"),
        ("target", lambda c: c[:-4] + b"\x02\0\0\0", "a target is outside 0 to 1"),
        ("target", lambda c: c[:-4] + b"\xff\xff\xff\xff", "a target is outside 0 to 1"),
        ("source", lambda c: c[:-4] + b"\0\0\0\0", "the sources do not ascend"),
        ("projection", lambda c: c[:-4] + b"\x01\0\0\0", "a projection is outside 0 to 0"),
        ("inhibitory", lambda c: c[:-1] + b"\x02", "an inhibitory flag is neither 0 nor 1"),
        ("leak", lambda c: c[:-4] + b"\0\0\xc0\x7f", "leak is not finite everywhere"),
        ("leak", lambda c: c[:-4] + b"\0\0\0\x40", "a leak is outside 0 to 1"),
        ("area", lambda c: c[:-4] + b"\x05\0\0\0", "neurons 0 to 1 are not those of area 0"),
        ("weight", lambda c: c + b"\0", "the member weight is not 4 numbers of type |u1"),
        ("weight", lambda c: c.replace(b"|u1", b"|O1"), "the member weight is not 4 numbers"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_a_rule_is_refused_by_it(name: str, change: Any, fact: str) -> None:
    data = encode(develop({"cAAAAA": area((2, 1, 1), {"cAAAAA": [rule("all_to_all")]})}))
    broken = rebuilt(data, name, change)
    assert broken != data
    with pytest.raises(ConnectomeError) as caught:
        decode(broken)
    assert fact in str(caught.value)


def test_a_compressed_archive_is_refused(brain: Connectome) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(encode(brain))) as old, \
            zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:  # fmt: skip
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(ConnectomeError) as caught:
        decode(buffer.getvalue())
    assert "header.npy is compressed or encrypted" in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConnectomeError) as caught:
        npz.load(tmp_path / "none.npz")
    assert "none.npz cannot be read: No such file or directory; check the path" in str(caught.value)
    with pytest.raises(GanglionError) as caught:
        npz.save(develop({}), tmp_path / "none" / "brain.npz")
    assert "brain.npz cannot be written: there is no directory" in str(caught.value)


def test_a_broken_connectome_is_not_saved(brain: Connectome, tmp_path: Path) -> None:
    broken = replace(brain, source=brain.source[::-1].copy())
    with pytest.raises(ConnectomeError) as caught:
        npz.save(broken, tmp_path / "brain.npz")
    assert str(caught.value) == "the sources do not ascend; develop the genome again"
    assert not (tmp_path / "brain.npz").exists()


# Finding and pruning --------------------------------------------------------------------------


def test_coordinates_and_indices_are_inverse(brain: Connectome) -> None:
    for index in range(brain.n_neurons):
        place = brain.coordinates(index)
        assert brain.neuron(*place) == index
    assert brain.neuron(0, 1, 0, 0) is None
    assert brain.neuron(0, 0, 0, -1) is None


def test_neurons_of_a_voxel_follow_each_other() -> None:
    found = develop({"cAAAAA": area((2, 3, 4), per_voxel_neuron_cnt=5)})
    assert found.coordinates(5) == (0, 0, 0, 1, 0)
    assert found.coordinates(20) == (0, 0, 1, 0, 0)
    assert found.coordinates(60) == (0, 1, 0, 0, 0)
    assert found.neuron(0, 1, 2, 3, 4) == found.n_neurons - 1


def test_neurons_without_synapses_are_not_live_and_are_counted() -> None:
    found = develop({
        "_power": area(), "cAAAAA": area((4, 1, 1), {"cBBBBB": [rule("lateral_+x")]}),
        "cBBBBB": area((4, 1, 1)), "cCCCCC": area((7, 1, 1)),
    })  # fmt: skip
    live = found.live()
    assert np.flatnonzero(live).tolist() == [1, 2, 3, 6, 7, 8]
    assert found.dead_per_area() == {"___power": 1, "cAAAAA": 1, "cBBBBB": 1, "cCCCCC": 7}


def test_power_with_an_output_is_live() -> None:
    found = develop({"_power": area(to={"cAAAAA": [rule("projector")]}), "cAAAAA": area()})
    assert found.power_neuron == 0
    assert found.live().all() and found.dead_per_area() == {}


def test_fan_out_counts_every_area_and_duplicate() -> None:
    rules = [rule("projector"), rule("projector")]
    found = develop({
        "cAAAAA": area(to={"cBBBBB": rules, "cCCCCC": rules}), "cBBBBB": area(), "cCCCCC": area(),
    })  # fmt: skip
    assert found.fan_out().tolist() == [4, 0, 0]


def test_the_dynamics_of_an_area_survive_a_file() -> None:
    found = decode(encode(develop({"cAAAAA": area(dynamics="every_burst")})))
    assert found.areas[0].dynamics is Dynamics.EVERY_BURST
