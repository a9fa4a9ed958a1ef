"""Biases, convolutions, pools and recurrence: what was trained is what fires."""

from typing import Any

import pytest

from ganglion.device.open import open_device
from ganglion.errors import UsageError
from ganglion.quantization.options import QuantizeOptions

torch = pytest.importorskip("torch", reason="`pip install 'ganglion[torch]'` brings it")
torch.set_num_threads(1)  # the tests of other workers have the other cores

from ganglion import qat  # noqa: E402

nn = torch.nn


def leaky(n: int = 0, **words: Any) -> Any:
    again = {"recurrent": nn.Linear(n, n, bias=True)} if n else {}
    return qat.LIF(threshold=0.4, leak=0.125, **again, **words)


MODELS: dict[str, Any] = {
    "bias": lambda: [nn.Linear(12, 9), leaky(), nn.Linear(9, 4), leaky()],
    "recurrence": lambda: [nn.Linear(12, 9, bias=False), leaky(9), nn.Linear(9, 4), leaky()],
    "line": lambda: [
        nn.Conv1d(2, 3, 3, stride=2, padding=1, dilation=2), leaky(), nn.AvgPool1d(2),
        nn.Flatten(), nn.Linear(6, 4, bias=False), leaky(),
    ],
    "image": lambda: [
        nn.Conv2d(2, 4, 3, padding="same", groups=2), leaky(), qat.SumPool2d(2), leaky(),
        nn.Conv2d(4, 3, (3, 2), stride=(1, 2), bias=False), leaky(), nn.AvgPool2d((2, 1)),
        nn.Flatten(), nn.Linear(6, 5), leaky(5),
    ],
    "pool of a mean to neurons": lambda: [
        nn.AvgPool2d(3), leaky(), nn.Flatten(), nn.Linear(18, 4), leaky(),
    ],
}  # fmt: skip
SHAPES = {"line": (2, 9), "image": (2, 8, 8), "pool of a mean to neurons": (2, 9, 9)}


def made(name: str, seed: int, bits: int) -> tuple[Any, Any, tuple[int, ...]]:
    """A model, spikes for it, and the shape of one burst."""
    torch.manual_seed(seed)
    model = nn.Sequential(*MODELS[name]())
    for weights in model.parameters():
        nn.init.normal_(weights, 0.08, 0.3)
    shape = SHAPES.get(name, (12,))
    generator = torch.Generator().manual_seed(seed)
    spikes = (torch.rand(4, 12, *shape, generator=generator) < 0.3).float()
    return qat.prepare(model, bits), spikes, shape


@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize("name", MODELS)
def test_a_brain_of_layers_fires_as_the_model_in_every_burst(name: str, bits: int) -> None:
    fired = 0
    for seed in range(2):
        model, spikes, shape = made(name, seed, bits)
        brain = qat.fit(model, shape=shape)
        found = qat.verify(model, brain, spikes)
        assert found.equal_bursts == found.samples == 4, f"seed {seed}"
        model.train()
        with torch.no_grad():
            fired += int(qat.run(model, spikes).sum())
        widths = {p.bits for layer in brain.network.layers for p in layer.paths if not p.conv}
        assert widths == {bits}
    assert fired > 20


def test_a_device_fires_as_a_model_with_convolutions() -> None:
    model, spikes, shape = made("line", 1, 8)
    brain = qat.fit(model, shape=shape)
    with open_device("virtual") as device:
        device.put(brain.blob)
        found = qat.verify(model, brain, spikes[:3], device)
    assert str(found) == "3 of 3 samples have equal spike counts, 3 are equal in every burst"


def test_training_with_the_rounding_of_layers_in_the_loop_learns() -> None:
    model, _, shape = made("recurrence", 1, 2)
    generator = torch.Generator().manual_seed(5)
    spikes = (torch.rand(32, 8, 12, generator=generator) < 0.3).float()
    labels = spikes[:, :, :4].sum(1).argmax(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(8):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(qat.run(model, spikes).sum(1), labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]
    assert all(weights.grad is not None for weights in model.parameters())
    brain = qat.fit(model, shape=shape)
    assert qat.verify(model, brain, spikes[:8]).share == 1.0


def test_a_kernel_is_kept_once() -> None:
    model, _, shape = made("image", 0, 8)
    kernels = [p.weight.shape for layer in qat.fit(model, shape=shape).network.layers
               for p in layer.paths if p.conv]  # fmt: skip
    assert kernels[0] == (2, 3, 3, 4)


def chain(*modules: Any) -> Any:
    return qat.prepare(nn.Sequential(*modules))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: chain(nn.Linear(3, 3), qat.LIF(refractory=2)),
         "module 1 of the model has a refractory period or a limit of fires, and a brain with "
         "biases, convolutions, pools or recurrence has none; leave either out"),
        (lambda: chain(nn.Linear(3, 3), qat.LIF(state="int16")),
         "module 1 of the model has the state int16, and a brain with biases, convolutions, pools "
         'or recurrence has 32 bits; use state="int32"'),
        (lambda: chain(nn.Linear(3, 3), nn.Linear(3, 3), leaky()),
         "module 1 of the model is Linear, behind weights that reached no neurons; put a "
         "ganglion.qat.LIF between them"),
        (lambda: chain(nn.Conv2d(1, 1, 3), leaky(), nn.AvgPool2d(3, 2), leaky()),
         "module 2 of the model is a pool whose windows overlap, leave gaps or are padded; use a "
         "stride as large as the kernel and no padding, or a convolution with a stride"),
        (lambda: chain(nn.LPPool2d(2, 2), leaky()),
         "module 0 of the model is a pool of the norm 2; use the norm 1, which is a sum"),
        (lambda: chain(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"), leaky()),
         'module 0 of the model pads by circular; use padding_mode="zeros"'),
        (lambda: chain(nn.Flatten(0), nn.Linear(3, 3), leaky()),
         "module 0 of the model flattens dimensions 0 to -1; use Flatten() as it is: all of a "
         "sample"),
        (lambda: chain(leaky()),
         "module 0 of the model is a LIF that no weights lead to; give Linear, Conv1d, Conv2d or "
         "a pool before it"),
        (lambda: qat.LIF(recurrent=nn.ReLU()),
         "the recurrent weights are a ReLU; give a torch.nn.Linear"),
        (lambda: qat.fit(chain(nn.Linear(3, 4), leaky(3))),
         "module 1 of the model has recurrent weights of the shape (3, 3) and neurons of the "
         "shape (4,); give a Linear from as many neurons to as many, in one row"),
        (lambda: qat.fit(chain(nn.Conv2d(1, 1, 3), leaky())),
         "the model does not say which shape enters; give it, as in shape=(channels, rows, "
         "columns)"),
        (lambda: qat.fit(chain(nn.Conv1d(1, 1, 3), leaky(), nn.Linear(7, 2), leaky()), None,
                         (1, 9)),
         "module 2 of the model is Linear and gets (1, 7); put torch.nn.Flatten() before it"),
        (lambda: qat.fit(nn.Sequential(nn.Linear(3, 3), leaky())),
         "the weights of layer 1 are floats; call ganglion.qat.prepare(model) first"),
        (lambda: qat.fit(chain(nn.Linear(3, 3), leaky()), QuantizeOptions(state="int16")),
         "biases, convolutions, pools and recurrence make a brain of layers, and the options are "
         "for one of synapses; give no options but weights, which the model's own bits decide"),
    ],
)  # fmt: skip
def test_what_layers_do_not_have_is_refused(make: Any, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        make()
    assert str(refusal.value) == sentence
