"""Training with a brain's own integers in the loop: what was trained is what fires."""

import copy
from typing import Any

import numpy as np
import pytest

from ganglion.connectome.npz import check
from ganglion.device.open import open_device
from ganglion.errors import UsageError
from ganglion.quantization.options import QuantizeOptions

torch = pytest.importorskip("torch", reason="`pip install 'ganglion[torch]'` brings it")
torch.set_num_threads(1)  # the tests of other workers have the other cores

from ganglion import qat  # noqa: E402

KNOWN = "Linear, Conv1d, Conv2d, AvgPool, qat.SumPool2d, Flatten and ganglion.qat.LIF"


def model(seed: int, bits: int | None = 8, **lif: Any) -> Any:
    torch.manual_seed(seed)
    first = torch.nn.Linear(20, 16, bias=False)
    second = torch.nn.Linear(16, 4, bias=False)
    for layer in (first, second):
        torch.nn.init.normal_(layer.weight, 0.1, 0.3)
    made = torch.nn.Sequential(first, qat.LIF(**lif), second, qat.LIF(**lif))
    return made if bits is None else qat.prepare(made, bits)


def spikes(seed: int, samples: int = 12, bursts: int = 15) -> Any:
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(samples, bursts, 20, generator=generator) < 0.3).float()


WAYS = [
    {"leak": 0.125}, {"leak": 0.0}, {"leak": 0.3, "refractory": 2},
    {"leak": 0.125, "limit": 2, "snooze": 3}, {"leak": 1.0, "refractory": 1, "limit": 1},
    {"leak": 0.0625, "limit": 1},
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("bits", [8, 4, 2])
def test_a_brain_at_int32_fires_as_the_model_in_every_burst(way: dict[str, Any], bits: int) -> None:
    trained = model(bits, bits, **way)
    brain = qat.fit(trained, QuantizeOptions(weights=f"int{bits}"))
    given = spikes(bits)
    with torch.no_grad():
        assert qat.run(trained, given).sum() > 20
    found = qat.verify(trained, brain, given)
    assert found.equal_bursts == found.samples == 12
    assert found.share == 1.0


@pytest.mark.parametrize("state", ["int16", "int8"])
def test_narrow_states_round_in_the_model_as_in_the_brain(state: str) -> None:
    trained = model(3, 8, leak=0.125, state=state)
    found = qat.verify(trained, qat.fit(trained), spikes(3))
    assert found.equal_bursts == found.samples


def test_a_leak_that_is_not_rounded_is_another_model_where_the_unit_is_coarse() -> None:
    same = [model(seed, 8, leak=0.125, state="int8") for seed in range(2)]
    other = [model(seed, 8, leak=0.125, state="int8", exact_leak=True) for seed in range(2)]
    equal = [qat.verify(m, qat.fit(m), spikes(9)).equal_bursts for m in same]
    unequal = [qat.verify(m, qat.fit(m), spikes(9)).equal_bursts for m in other]
    assert equal == [12] * 2
    assert sum(unequal) < 24


def test_a_device_fires_as_the_model() -> None:
    trained = model(1, 4, leak=0.125)
    brain = qat.fit(trained, QuantizeOptions(weights="int4"))
    with open_device("virtual") as device:
        device.put(brain.blob)
        found = qat.verify(trained, brain, spikes(1, samples=4), device)
    assert str(found) == "4 of 4 samples have equal spike counts, 4 are equal in every burst"


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_weights_are_whole_numbers_of_one_step_and_gradients_pass(bits: int) -> None:
    made = model(0, bits)
    layer = made[0]
    raw = layer.parametrizations.weight.original
    whole = (layer.weight / layer.parametrizations.weight[0].scale(raw)).detach()
    assert torch.allclose(whole, whole.round(), atol=1e-4)
    assert whole.abs().max().round() == {8: 127, 4: 15, 2: 3}[bits]
    layer.weight.sum().backward()
    assert torch.equal(raw.grad, torch.ones_like(raw))


def test_training_with_rounding_in_the_loop_learns() -> None:
    made = model(5, 2, leak=0.125)
    given = spikes(5, samples=32, bursts=8)
    labels = given[:, :, :4].sum(1).argmax(1)  # which of four inputs fired most
    optimizer = torch.optim.Adam(made.parameters(), lr=0.02)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(qat.run(made, given).sum(1), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_what_was_trained_is_a_connectome_that_others_would_make() -> None:
    trained = model(2, 8, leak=0.25, refractory=3)
    made = qat.connectome(trained)
    check(made)
    assert [area.id for area in made.areas] == ["i_in____", "c_l001__", "o_out___"]
    whole = trained[2].parametrizations.weight[0].whole(trained[2].parametrizations.weight.original)
    mine = made.target >= 36
    signed = np.where(made.inhibitory, -1, 1) * made.weight.astype(int)
    matrix = np.zeros((4, 16))
    matrix[made.target[mine] - 36, made.source[mine] - 20] = signed[mine]
    assert np.array_equal(matrix, whole.numpy())


def test_a_model_that_was_run_can_be_copied() -> None:
    made = model(0)
    qat.run(made, spikes(0))
    copy.deepcopy(made)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: qat.FakeWeight(3), "weights of 3 bits were asked for; use 8, 4 or 2"),
        (lambda: qat.LIF(threshold=0), "the threshold is 0; give a number above 0"),
        (lambda: qat.LIF(leak=1.5), "the leak is 1.5; give the share that is lost, from 0 to 1"),
        (lambda: qat.LIF(state="int4"), "the state is 'int4'; use int8, int16 or int32"),
        (lambda: qat.run(torch.nn.Sequential(torch.nn.ReLU()), spikes(0)),
         f"module 0 of the model is ReLU; use {KNOWN}"),
        (lambda: qat.connectome(torch.nn.Sequential(torch.nn.RNN(2, 2), qat.LIF())),
         f"module 0 of the model is RNN; use {KNOWN}"),
        (lambda: qat.connectome(model(0)[:3]),
         f"the model does not end in a LIF; use {KNOWN}, and end in a ganglion.qat.LIF"),
        (lambda: qat.run(model(0), spikes(0)[0]),
         "the spikes have the shape (15, 20); give (samples, bursts, 20)"),
        (lambda: qat.connectome(model(0, None)),
         "the weights of layer 1 are floats; call ganglion.qat.prepare(model) first"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(make: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        make()
    assert str(refusal.value) == sentence
