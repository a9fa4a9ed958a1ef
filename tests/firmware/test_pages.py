"""Rows that find no room in memory: read from the file as they are needed, and nothing differs."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from ganglion.blob.container import decode
from ganglion.boards.board import load_board
from ganglion.boards.memory import arrays, check_fits
from ganglion.compiler import Brain, compile_connectome
from ganglion.connectome.model import Dynamics
from ganglion.device.open import open_device
from ganglion.errors import DoesNotFitError
from ganglion.frontends import synthetic
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification.verify import verify

STIMULUS = RandomStimulus.at_rate(1, 0.1)


@cache
def large() -> Brain:
    """40,000 neurons that leak in every burst, 200,000 synapses with a weight each."""
    connectome = synthetic.network(36_364, 5, dynamics=Dynamics.EVERY_BURST)
    connectome = replace(connectome, refractory_period=np.zeros_like(connectome.refractory_period))
    return compile_connectome(connectome, QuantizeOptions(state="int16"))


def test_40000_neurons_and_200000_synapses_run_in_a_heap_of_155_kb_as_the_reference_does() -> None:
    brain, board = large(), load_board("virtual-150k")
    assert (brain.network.n_neurons, brain.network.n_synapses) == (40_000, 200_000)
    check_fits(brain.network, brain.blob, board)
    with open_device("virtual", board=board) as device:
        hello = device.put(brain.blob)
        assert hello.heap_free < 20_000
        verdict = verify(brain.network, device, 40, STIMULUS)
    assert verdict.identical, verdict.divergence
    assert verdict.spikes > 4_000
    assert verdict.heap_free_first == verdict.heap_free_last


@pytest.mark.parametrize("heap", [8_388_608, 230_000, 205_000, 180_000])
@pytest.mark.parametrize("dynamics", list(Dynamics))
def test_the_chain_of_digests_is_the_same_whether_rows_are_in_memory_or_not(
    heap: int, dynamics: Dynamics
) -> None:
    brain = compile_connectome(synthetic.network(2_000, 10, dynamics=dynamics))
    network = decode(brain.blob)
    with open_device("virtual", heap=heap) as device:
        device.put(brain.blob)
        verdict = verify(network, device, 60, STIMULUS)
    assert verdict.identical, verdict.divergence


def test_rows_take_a_page_of_ram_on_a_board_that_has_no_more() -> None:
    brain = large()
    here = arrays(brain.network, brain.blob)
    there = arrays(brain.network, brain.blob, load_board("esp32").memory)
    assert here["rows"] > 800_000
    assert "rows" not in there
    assert there["page of rows"] < 1_000


def test_rows_that_fit_the_heap_but_no_piece_of_it_stay_in_flash() -> None:
    brain = compile_connectome(synthetic.network(2_000, 10))
    rows = arrays(brain.network, brain.blob)["rows"]
    for block, name in ((rows, "rows"), (rows - 1, "page of rows")):
        memory = load_board("esp32").memory.model_copy(update={"heap": 1 << 20, "block": block})
        assert name in arrays(brain.network, brain.blob, memory)


def test_a_brain_whose_state_alone_is_too_large_is_refused_by_the_name_of_its_array() -> None:
    brain = compile_connectome(synthetic.network(59_000, 1), QuantizeOptions(state="int32"))
    with pytest.raises(DoesNotFitError) as caught:
        check_fits(brain.network, brain.blob, load_board("esp32"))
    assert "its potentials alone take" in str(caught.value)
    assert "with --state int16 it would still take" in str(caught.value)


def test_checking_and_running_a_large_brain_feed_the_watchdog(micropython, tmp_path) -> None:
    brain = compile_connectome(synthetic.network(2_000, 10))
    (tmp_path / "brain.gbn").write_bytes(brain.blob)
    told = micropython(
        "from ganglion import brain, guard\n"
        "from ganglion.load.net import load\n"
        "fed = []\n"
        "guard.feed = lambda: fed.append(0)\n"
        "net = load('brain.gbn', in_file=True)\n"
        "loaded = len(fed)\n"
        "made = brain.Brain(net)\n"
        "assert made.self_test() is None\n"
        "print(loaded, len(fed) - loaded, made.pages.read)\n",
        tmp_path,
    )
    loaded, tested, pages = map(int, told.split())
    assert loaded >= 2 * len(brain.blob) // 512  # its hash and its sections' sums, by 512 bytes
    assert tested == brain.network.golden.bursts + pages
    assert pages > 10


def test_a_large_brain_has_a_short_golden_vector_for_each_burst_of_it_may_read_all_rows() -> None:
    for fan_out, bursts in ((5, 32), (20, 4)):
        brain = compile_connectome(synthetic.network(1_800, fan_out))
        assert (len(brain.blob) > 65_536) == (bursts == 4)
        assert brain.network.golden.bursts == bursts
