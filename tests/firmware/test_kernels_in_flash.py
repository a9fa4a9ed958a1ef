"""Kernels of convolutions that stay in flash: parts of them are read, and nothing else changes."""

import gc
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganglion.analysis.bench import emulator as emulate
from ganglion.boards.board import load_board
from ganglion.boards.layer_memory import PART, pieces, weight_bytes
from ganglion.boards.memory import check_fits, level_of
from ganglion.compiler import LayeredBrain, compile_connectome, compile_layers
from ganglion.connectome.layered import LayeredConnectome, RealPath
from ganglion.device.open import open_device
from ganglion.errors import DoesNotFitError
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.verification.verify import verify
from tests.support.brains import small_connectome
from tests.support.xtensa import needs_xtensa
from tools.bench.layers import layer, network

RNG = np.random.default_rng(23)


def conv(source: int, from_: Any, to: Any, kernel: int, stride: int = 1, pool: int = 1) -> RealPath:
    weight = RNG.integers(-60, 127, (from_[2], kernel, kernel, to[2])) / 128
    return RealPath(
        source, "conv", weight, from_, to, (pool, pool), (stride, stride),
        (kernel // 2, kernel // 2),
    )  # fmt: skip


@cache
def brains() -> dict[str, LayeredBrain]:
    a, b, c = (16, 16, 7), (4, 4, 64), (4, 4, 32)
    twice = (layer("input", a), layer("b", b, conv(0, a, b, 5, 2, 2)),
             layer("c", c, conv(1, b, c, 3), conv(1, b, c, 1)),
             layer("d", (1, 1, 10), RealPath(2, "dense", RNG.integers(-60, 127, (512, 10)) / 128,
                                             c, (1, 1, 10))))  # fmt: skip
    back = (layer("input", (5, 5, 9)),
            layer("b", (5, 5, 40), conv(0, (5, 5, 9), (5, 5, 40), 5),
                  conv(1, (5, 5, 40), (5, 5, 40), 3)))  # fmt: skip
    return {
        "four channels at a time": network((6, 6, 16), (6, 6, 64), 3),
        "two of seven, at stride 2": network((9, 9, 7), (5, 5, 64), 5, 2),
        "pooled, twice, and a matrix": compile_layers(LayeredConnectome(twice, 3)),
        "back to its own layer": compile_layers(LayeredConnectome(back, 1)),
    }


SELF_TEST = """
import os
from ganglion import brain
from ganglion.load import net
for name in sorted(os.listdir(".")):
    if name.endswith(".gbn"):
        for in_file in (0, 1, 2):
            made = net.load(name, in_file=in_file)
            away = [p.conv for layer in made.layers for p in layer.paths if p.weights is None]
            result = brain.Brain(made).self_test()
            print(name, in_file, any(away), "equal" if result is None else hex(result))
"""


def test_micropython_reproduces_each_golden_vector_wherever_weights_are(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    for i, brain in enumerate(brains().values()):
        assert brain.network.golden.spikes > 30
        assert any(weight_bytes(p) > PART for x in brain.network.layers for p in x.paths if p.conv)
        (tmp_path / f"{i}.gbn").write_bytes(brain.blob)
    said = micropython(SELF_TEST, tmp_path).decode().split("\n")[:-1]
    assert said == [
        f"{i}.gbn {level} {level == 2} equal" for i in range(len(brains())) for level in range(3)
    ]


LOADS = """
import sys
from ganglion.load import trial
was, levels = trial._net, []
def net(path, in_file):
    levels.append(in_file)
    return None, 8, 0  # as if there had been no room
trial._net = net
for name in ("layers.gbn", "synapses.gbn"):
    levels.clear()
    print(name, trial._load(name)[1], levels)
"""


def test_only_a_brain_of_layers_is_loaded_a_third_time_for_want_of_room(
    tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    (tmp_path / "layers.gbn").write_bytes(brains()["back to its own layer"].blob)
    (tmp_path / "synapses.gbn").write_bytes(compile_connectome(small_connectome()).blob)
    said = micropython(LOADS, tmp_path).decode().splitlines()
    assert said == ["layers.gbn 8 [0, 1, 2]", "synapses.gbn 8 [0, 1]"]


@pytest.mark.parametrize(
    ("march", "end"),
    [("rv32imc", "mpy-cross"), ("rv32imc", "ganglion"),
     pytest.param("xtensawin", "mpy-cross", marks=needs_xtensa),
     pytest.param("xtensawin", "ganglion", marks=needs_xtensa)],
)  # fmt: skip
def test_machine_code_equals_the_reference(tmp_path: Path, march: str, end: str) -> None:
    names = list(brains()) if (march, end) == ("rv32imc", "ganglion") else [list(brains())[2]]
    for name in names:
        brain = brains()[name]
        path = tmp_path / "brain.gbn"
        path.write_bytes(brain.blob)
        guard = "after" if march == "rv32imc" else ""
        device, _ = emulate.load_brain(path, "", march, end, guard, in_file=2)
        stimulus = RandomStimulus.at_rate(4, 0.1)
        device.stimulus(1, stimulus.seed, stimulus.group_bits, stimulus.chance)
        device.reset()
        reference, stream = Reference(brain.network), StimulusStream(brain.network, stimulus)
        for burst in range(1, 4):
            device.step()
            device.digest()
            reference.step(stream.draw())
            assert int(device.digest_bytes[0]) == reference.digest(), (name, burst)
        device.net.file.close()


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_board_takes_what_the_plan_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: int
) -> None:
    for name, brain in brains().items():
        layers = brain.network.layers
        if level == 1 and all(p.conv for x in layers for p in x.paths):
            continue  # the same as level 0
        path = tmp_path / "brain.gbn"
        path.write_bytes(brain.blob)
        plan = pieces(layers, level)
        # As much free as the plan of this level takes, but what the plan before would.
        free = 10_000 + 1200 + sum(map(sum, plan.values())) if level < 2 else 0
        monkeypatch.setattr(gc, "mem_free", lambda free=free: free, raising=False)
        device, _ = emulate.load_brain(path)
        net, made = device.net, device._layers
        held = [p.weights for x in net.layers for p in x.paths if p.weights is not None]
        assert sorted(len(w) for w in held) == sorted(plan["weights"]), name
        assert [len(made._x), len(made._lanes)] == plan["sums"]
        assert (len(made._rows) if made._rows else 0) == plan["rows of weights"][0]
        assert [len(made._part or b""), len(made._picked or b"")] == plan["parts of kernels"], name
        assert [len(x.spikes) for x in net.layers] == plan["spikes"]
        if net.file is not None:
            net.file.close()


def test_a_kernel_larger_than_the_heap_runs_from_flash() -> None:
    brain = network((4, 4, 64), (2, 2, 256), 3, 2)
    assert sum(weight_bytes(p) for x in brain.network.layers for p in x.paths) == 147_456
    board = load_board("virtual-150k")
    memory = board.memory.model_copy(update={"process": 158_720})
    assert level_of(brain.network, brain.blob, board.memory) == 2
    check_fits(brain.network, brain.blob, board)
    with open_device("virtual", board=board.model_copy(update={"memory": memory})) as device:
        device.put(brain.blob)
        verdict = verify(brain.network, device, 5, RandomStimulus.at_rate(1, 0.05))
    assert verdict.identical, verdict.divergence
    assert verdict.spikes > 300


def test_no_piece_is_the_sum_of_many() -> None:
    brain = brains()["four channels at a time"]
    plan = pieces(brain.network.layers, 0)
    board = load_board("virtual-150k")
    largest = max(max(sizes) for sizes in plan.values() if sizes)
    block = max(largest, 4 * brain.network.n_neurons + 64)
    memory = board.memory.model_copy(update={"block": block})
    check_fits(brain.network, brain.blob, board.model_copy(update={"memory": memory}))
    small = board.memory.model_copy(update={"block": 4 * brain.network.n_neurons - 64})
    with pytest.raises(DoesNotFitError, match="in one piece"):
        check_fits(brain.network, brain.blob, board.model_copy(update={"memory": small}))
