"""A brain that no board runs (SPEC 5.11): its own form, equal on two engines, refused by boards."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from ganglion.blob.container import decode, encode, sections
from ganglion.boards.board import load_board
from ganglion.boards.memory import check_fits, summary
from ganglion.cli.commands import bench, flash
from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.device.open import open_device
from ganglion.errors import BlobError, DoesNotFitError
from ganglion.frontends import synthetic
from ganglion.network.proof import prove
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference import compiled
from ganglion.reference.stimulus import RandomStimulus
from ganglion.simulation.accelerators.runtime_device import open_runtime
from ganglion.verification.verify import verify

STIMULUS = RandomStimulus.at_rate(1, 0.3)
AT_SYNAPSES = 9


@pytest.fixture(scope="module")
def brain() -> Brain:
    connectome = synthetic.network(63_000, 2, dynamics=Dynamics.EVERY_BURST, gain=40)
    return compile_connectome(connectome, QuantizeOptions(state="int16"))


def sealed(blob: bytearray) -> bytes:
    """The blob with the CRC of its sections and its SHA-256 made anew."""
    import struct
    import zlib

    (count,) = struct.unpack_from("<H", blob, 10)
    for i in range(count):
        _, _, offset, length, _ = struct.unpack_from("<HHIII", blob, 128 + 16 * i)
        struct.pack_into("<I", blob, 140 + 16 * i, zlib.crc32(blob[offset : offset + length]))
    return bytes(blob[:-32]) + hashlib.sha256(blob[:-32]).digest()


def test_more_neurons_than_a_board_numbers_have_a_form_of_their_own_that_reads_back(
    brain: Brain,
) -> None:
    network = brain.network
    assert network.n_neurons > 65_535 and network.source.dtype == np.uint32
    assert brain.blob[8] == 2
    assert [s.name for s in sections(brain.blob)] == [
        "POPULATIONS", "CLASSES", "INPUTS", "AREAS", "PLACES", "SYNAPSES",
    ]  # fmt: skip
    again = decode(brain.blob)
    assert encode(again) == brain.blob
    for name in ("source", "target", "klass", "weight", "place", "offset"):
        assert np.array_equal(getattr(again, name), getattr(network, name)), name
    assert again.populations == network.populations and again.inputs == network.inputs
    assert network.golden.spikes > 0 and prove(again)


@pytest.mark.skipif(not compiled.available(), reason="pip install 'ganglion[fast]'")
def test_two_engines_of_this_computer_agree_on_it_in_every_digest(brain: Brain) -> None:
    with open_runtime("numba") as device:
        device.put(brain.blob)
        verdict = verify(brain.network, device, 12, STIMULUS)
    assert verdict.identical and verdict.bursts == 12 and verdict.spikes > 1000


def test_boards_refuse_it_and_say_who_runs_it(brain: Brain) -> None:
    text = (
        "69,300 neurons can matter, and a board holds 65,535; remove areas or mappings, or make "
        "the areas smaller; on this computer `simulate`, `fidelity` and `verify --device numba` "
        "run it as it is"
    )
    with pytest.raises(DoesNotFitError) as refusal:
        check_fits(brain.network, brain.blob, load_board("esp32"))
    assert str(refusal.value) == text
    with open_device("virtual") as device:
        before = device.greeting.brain_id
        with pytest.raises(DoesNotFitError) as refusal:
            device.put(brain.blob)
        assert str(refusal.value) == text and device.greeting.brain_id == before
    assert summary(brain.network, brain.blob)["ram"] == {}


def test_a_brain_of_that_size_is_for_no_board_by_name(brain: Brain) -> None:
    with pytest.raises(DoesNotFitError, match="running on esp32 is what a board does, of at most"):
        encode(replace(brain.network, board="esp32"))


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (0, 1 << 20, "the neurons have [0-9]+ synapses of"),
        (4, 70_000, "a synapse leads to neuron 70000"),
        (4, 69_299, "the synapses of a neuron do not ascend"),
        (8, 0x7FFF, "a synapse is of class 32767"),
        (10, 0x80, "a synapse has a weight that its class does not have"),
    ],
)
def test_what_is_wrong_in_its_synapses_is_refused_by_name(
    column: int, value: int, text: str, brain: Brain
) -> None:
    section = {s.type: s for s in sections(brain.blob)}[AT_SYNAPSES]
    n, m = brain.network.n_neurons, brain.network.n_synapses
    at = {0: 0, 4: 4 * n, 8: 4 * (n + m), 10: 4 * (n + m) + 2 * m}[column]
    size = {0: 4, 4: 4, 8: 2, 10: 1}[column]
    blob = bytearray(brain.blob)
    place = section.offset + at
    blob[place : place + size] = value.to_bytes(size, "little")
    with pytest.raises(BlobError, match=text):
        decode(sealed(blob))


def test_neither_form_is_taken_for_the_other(brain: Brain, small_brain: Brain) -> None:
    for blob, version in ((brain.blob, 1), (small_brain.blob, 2)):
        changed = bytearray(blob)
        changed[8] = version
        with pytest.raises(BlobError, match=f"a blob of version {version} has"):
            decode(sealed(changed))


@pytest.mark.parametrize("words", [["bench"], ["flash", "--board", "esp32", "--port", "none"]])
def test_what_needs_a_board_s_numbers_refuses_it_first(
    brain: Brain, tmp_path: Path, words: list[str]
) -> None:
    file = tmp_path / "large.gbn"
    file.write_bytes(brain.blob)
    command = {"bench": bench.command, "flash": flash.command}[words[0]]
    result = CliRunner().invoke(command, [str(file), *words[1:]])
    assert isinstance(result.exception, DoesNotFitError), result.output
    assert str(result.exception).startswith("69,300 neurons can matter, and a board holds 65,535;")
