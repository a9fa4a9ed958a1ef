"""A brain as an ONNX graph of integers: equal on onnxruntime and on ONNX's own evaluator."""

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganglion.compiler import compile_connectome, golden
from ganglion.errors import ToolError, UsageError
from ganglion.network.model import Population, QuantizedNetwork
from ganglion.quantization.options import QuantizeOptions
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream
from ganglion.simulation.accelerators.features import require_known
from ganglion.simulation.accelerators.onnx_delivery import DELIVERIES, digits_of
from ganglion.simulation.accelerators.onnx_graph import OPERATORS
from ganglion.simulation.accelerators.onnx_model import (
    FED,
    KINDS,
    NEXT,
    burst_model,
    check_model,
    state_names,
)
from ganglion.simulation.accelerators.parameters import Parameters
from ganglion.simulation.accelerators.runtime_device import open_runtime
from ganglion.verification.verify import verify
from tests.support import SHARED
from tests.support.brains import small_connectome
from tests.support.learning import learner
from tests.support.robots import driven_network
from tools.conformance.runtimes import first_difference
from tools.networks import random_connectome

onnx = pytest.importorskip("onnx", reason="`pip install 'ganglion[onnx]'` brings it")
ort = pytest.importorskip("onnxruntime", reason="`pip install 'ganglion[onnx]'` brings it")

GENOMES = sorted((SHARED / "genomes").glob("*.json"))
RERUN = "python -m tools.conformance.runtimes --first {} --count 1 --runtime {}"


@cache
def brain(seed: int) -> QuantizedNetwork:
    state = ("int8", "int16", "int32")[seed % 3]
    options = QuantizeOptions(state=state)
    return compile_connectome(random_connectome(seed), options).network


def outputs(model: Any, fed: dict[str, Any] | None = None) -> dict[str, Any]:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, fed or {}), strict=True))


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize("seed", range(6))
def test_every_form_of_a_random_brain_equals_the_reference_in_every_bit(
    seed: int, delivery: str
) -> None:
    spec = f"onnx:cpu:{delivery}"
    runtime = open_runtime(spec).runtime_of(brain(seed))
    assert first_difference(brain(seed), runtime, 25, seed) is None, RERUN.format(seed, spec)


@pytest.mark.parametrize("seed", [1, 5])
def test_the_reference_evaluator_of_onnx_is_of_the_same_opinion(seed: int) -> None:
    runtime = open_runtime("onnx:reference").runtime_of(brain(seed))
    found = first_difference(brain(seed), runtime, 6, seed)
    assert found is None, RERUN.format(seed, "onnx:reference")


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_a_file_without_inputs_says_whether_its_runtime_is_exact(delivery: str) -> None:
    network = brain(2)
    model = check_model(network, delivery=delivery)
    assert not model.graph.input
    found = outputs(model)
    assert found["right"].tolist() == [True]
    assert int(found["chain"][0]) == network.golden.chain
    assert len(found["digests"]) == network.golden.bursts


def test_a_file_whose_brain_was_changed_says_that_it_is_not_right() -> None:
    network = brain(4)
    populations = tuple(replace(p, threshold=p.threshold + 1) for p in network.populations)
    model = check_model(replace(network, populations=populations))
    assert outputs(model)["right"].tolist() == [False]


def test_many_bursts_at_once_give_what_as_many_bursts_give() -> None:
    network = brain(7)
    n, bursts = network.n_neurons, 30
    stream = StimulusStream(network, RandomStimulus.at_rate(3, 0.3))
    fed = {name: np.zeros((bursts, n), dtype=kind) for name, kind in FED.items()}
    reference, digests, spikes = Reference(network), [], []
    for t in range(bursts):
        neurons, amounts = stream.draw()
        fed["stimulus"][t, neurons] = amounts
        fed["hit"][t, neurons] = True
        spikes.append(reference.step((neurons, amounts)).tolist())
        digests.append(reference.digest())
    zero = {
        name: np.zeros(1 if name in ("burst", "chain") else n, dtype=KINDS[name])
        for name in state_names(network)
    }
    found = outputs(burst_model(network, scan=True), {**zero, **fed})
    assert found["digests"].tolist() == digests
    assert [np.flatnonzero(row).tolist() for row in found["spikes"]] == spikes
    assert int(found["chain" + NEXT][0]) == reference.chain
    assert int(found["burst" + NEXT][0]) == bursts


def test_a_graph_holds_only_integers_flags_and_operators_that_move_or_add_them() -> None:
    whole = {onnx.TensorProto.DataType.Value(t) for t in
             ("INT8", "UINT8", "INT32", "UINT32", "INT64", "BOOL")}  # fmt: skip
    for delivery in DELIVERIES:
        model = onnx.shape_inference.infer_shapes(burst_model(brain(2), delivery=delivery))
        onnx.checker.check_model(model, full_check=True)
        graph = model.graph
        assert {node.op_type for node in graph.node} <= OPERATORS
        values = (*graph.value_info, *graph.input, *graph.output)
        assert {v.type.tensor_type.elem_type for v in values} <= whole
        assert {k.data_type for k in graph.initializer} <= whole


# ---- the traps: what these runtimes do wrong, and why no graph of ours meets it


def one(operator: str, *arrays: Any, **attributes: Any) -> Any:
    helper = onnx.helper
    names = [f"x{i}" for i in range(len(arrays))]
    infos = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
        for n, a in zip(names, arrays, strict=True)
    ]
    kind = onnx.TensorProto.INT32 if operator == "MatMulInteger" else infos[0].type.tensor_type
    kind = kind if isinstance(kind, int) else kind.elem_type
    out = helper.make_tensor_value_info("y", kind, None)
    node = helper.make_node(operator, names, ["y"], **attributes)
    graph = helper.make_graph([node], "one", infos, [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    return outputs(model, dict(zip(names, arrays, strict=True)))["y"]


def test_reduce_sum_is_not_an_integer_sum_and_no_graph_has_one() -> None:
    wrapped = one("ReduceSum", np.array([2**30, 2**30], dtype=np.int32), keepdims=0)
    rounded = one("ReduceSum", np.array([2**53 + 1, 1, 1], dtype=np.int64), keepdims=0)
    exact = (np.int32(-(2**31)), np.int64(2**53 + 3))
    # If this fails, onnxruntime has mended it: then say so in docs/accelerators.md.
    assert (wrapped, rounded) != exact
    assert not {"ReduceSum", "ReduceProd", "ReduceMax"} & OPERATORS


def test_division_rounds_toward_zero_where_a_shift_rounds_down_and_no_graph_divides() -> None:
    left = one("Div", np.array([-5], dtype=np.int32), np.array([2], dtype=np.int32))
    assert left.tolist() == [-2] and -5 >> 1 == -3
    assert not {"Div", "Mod"} & OPERATORS


def test_products_of_spikes_and_digits_are_exact_at_the_length_where_bytes_saturate() -> None:
    rng = np.random.default_rng(0)
    weights = rng.integers(100, 128, (512, 64)).astype(np.int8)
    for given in (np.full((1, 512), 255), rng.integers(200, 256, (1, 512)), np.ones((1, 512))):
        bytes_ = given.astype(np.uint8)
        found = one("MatMulInteger", bytes_, weights)
        exact = bytes_.astype(np.int64) @ weights.astype(np.int64)
        if bytes_.max() == 1:  # spikes: exact on every machine
            assert np.array_equal(found, exact)
        elif not np.array_equal(found, exact):  # the trap, on AVX2 without VNNI: sums come out low
            assert (found <= exact).all()


def test_no_product_of_bytes_in_a_graph_takes_more_than_a_spike() -> None:
    """Every left side of MatMulInteger is made of `fired` alone, by Cast, Gather and Reshape."""
    for seed in range(3):
        graph = burst_model(brain(seed), delivery="dense").graph
        makers = {output: node for node in graph.node for output in node.output}
        products = [node for node in graph.node if node.op_type == "MatMulInteger"]
        assert products
        for node in products:
            name, path = node.input[0], []
            while name in makers:
                path.append(makers[name].op_type)
                name = makers[name].input[0]
            assert set(path) <= {"Cast", "Gather", "Reshape"} and name == "fired"


def test_no_graph_has_a_scale_that_somebody_could_calibrate() -> None:
    for word in ("QuantizeLinear", "DequantizeLinear", "QLinearMatMul", "DynamicQuantizeLinear"):
        assert word not in OPERATORS


def test_digits_add_up_to_what_they_were_made_of() -> None:
    values = np.array([[0, 1, -1, 127, -128], [128, -129, 2**30, -(2**30), 32_639]])
    for base in (256, 15):
        digits = digits_of(values, base)
        assert all(np.abs(d.astype(np.int64)).max() <= base // 2 for d in digits)
        total = sum(d.astype(np.int64) * base**k for k, d in enumerate(digits))
        assert np.array_equal(total, values)


@pytest.mark.parametrize("seed", range(9))
def test_the_digest_is_the_dot_product_that_its_weights_say(seed: int) -> None:
    network = brain(seed)
    reference = Reference(network)
    stream = StimulusStream(network, RandomStimulus.at_rate(seed, 0.4))
    weights = Parameters(network).digest_weights
    for _ in range(20):
        reference.step(stream.draw())
        fired = np.zeros(network.n_neurons, dtype=np.int64)
        fired[reference.fired] = 1
        values = {
            "fired": fired, "potential": reference.potential % 2**network.storage,
            "consecutive": reference.consecutive, "countdown": reference.countdown,
            "psp": reference.psp,
        }  # fmt: skip
        total = sum(int((values[k].astype(object) * w.astype(object)).sum())
                    for k, w in weights.items())  # fmt: skip
        assert total % 2**32 == reference.digest()


# ---- as a device


def test_verify_says_identical_of_onnxruntime() -> None:
    made = compile_connectome(small_connectome())
    with open_runtime("onnx") as device:
        device.put(made.blob)
        verdict = verify(made.network, device, 200, RandomStimulus.at_rate(1, 0.2))
    assert verdict.identical and verdict.bursts == 200 and verdict.spikes > 1000


def test_verify_names_the_first_neuron_of_a_runtime_that_parts() -> None:
    made = compile_connectome(small_connectome())

    class Slipping:
        """A runtime that forgets one neuron's leak from burst 9 on."""

        def __init__(self, network: QuantizedNetwork) -> None:
            self.inner = open_runtime("onnx").runtime_of(network)
            self.count = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def reset(self) -> None:
            self.count = 0
            self.inner.reset()

        def step(self, *fed: Any) -> int:
            self.count += 1
            if self.count == 9:
                self.inner._state["potential"][310] += 1
            return int(self.inner.step(*fed))

    device = open_runtime("onnx")
    device._make = Slipping
    device.put(made.blob)
    verdict = verify(made.network, device, 50, RandomStimulus.at_rate(1, 0.2))
    assert not verdict.identical and verdict.divergence is not None
    assert (verdict.divergence.burst, verdict.divergence.neuron) == (9, 310)
    assert verdict.divergence.what == "potential"


@pytest.mark.skipif(not GENOMES, reason="../shared/genomes is not here")
@pytest.mark.parametrize("genome", GENOMES, ids=lambda p: p.stem)
def test_a_genome_is_identical_on_onnxruntime(genome: Path) -> None:
    from ganglion.frontends.read import connectome_of

    made = compile_connectome(connectome_of(genome)[0])
    with open_runtime("onnx") as device:
        if made.network.learning:
            with pytest.raises(UsageError, match="the brain uses `learning` of its Quantized"):
                device.put(made.blob)
            return
        device.put(made.blob)
        assert verify(made.network, device, 100, RandomStimulus.at_rate(7, 0.1)).identical


# ---- refusals


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("onnx:nowhere", "onnxruntime has no provider 'nowhere' here; use "),
        ("onnx:cpu:thick", "the delivery 'thick' is unknown; use sparse, event, dense"),
        ("akida:chip", "the runtime 'akida:chip' is unknown; use onnx, onnx:PROVIDER, torch, "),
    ],
)
def test_a_runtime_that_is_not_here_is_refused(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refusal:
        open_runtime(spec)
    assert str(refusal.value).startswith(sentence)


def test_a_dense_matrix_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from ganglion.simulation.accelerators import onnx_delivery

    monkeypatch.setattr(onnx_delivery, "MOST_WEIGHTS", 10)
    with pytest.raises(UsageError) as refusal:
        burst_model(brain(0), delivery="dense")
    assert re.fullmatch(
        r"a dense matrix of \d+ sources and \d+ targets would have [\d,]+ weights, and 10 are the "
        "most; use the delivery event",
        str(refusal.value),
    )


def test_a_brain_of_many_neurons_and_few_synapses_has_a_dense_form() -> None:
    wide = random_connectome(5, 9000, 1)
    few = replace(wide, target=(wide.target % 25 + 1).astype(np.int32))
    network = compile_connectome(few, QuantizeOptions(state="int16")).network
    assert network.n_neurons > 4096
    runtime = open_runtime("onnx:cpu:dense").runtime_of(network)
    assert first_difference(network, runtime, 10, 5) is None


def test_a_brain_with_a_rule_that_is_not_known_here_is_refused_by_name() -> None:
    @dataclass(frozen=True, slots=True)
    class Later(Population):
        learning_rate: int = 0

    network = brain(0)
    old = {f: getattr(network.populations[0], f) for f in Population.__slots__}
    from ganglion.simulation.accelerators import features

    features._KNOWN[Later] = features._KNOWN[Population]
    try:
        require_known(replace(network, populations=(Later(**old), *network.populations[1:])), "it")
        bent = replace(network, populations=(Later(**old, learning_rate=3),))
        with pytest.raises(UsageError, match="the brain uses `learning_rate` of its Later, which"):
            require_known(bent, "it")
    finally:
        del features._KNOWN[Later]


def test_a_brain_that_learns_is_refused_and_a_robots_brain_is_not() -> None:
    assert burst_model(driven_network()).graph.node
    learning = compile_connectome(learner(0, "rules")).network
    with pytest.raises(UsageError) as refusal:
        burst_model(learning)
    assert str(refusal.value) == (
        "the brain uses `learning` of its QuantizedNetwork, which the ONNX export does not "
        "compute; run this brain on a device or on the reference"
    )


def test_a_period_is_refused_by_a_device_without_a_clock() -> None:
    with pytest.raises(
        UsageError, match="a period of 500 µs was asked of onnx, which has no clock"
    ):
        open_runtime("onnx").configure(period_us=500)


def test_a_provider_that_onnxruntime_would_replace_in_silence_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ganglion.simulation.accelerators import onnx_runtime

    class Fallen:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    monkeypatch.setattr(ort, "InferenceSession", Fallen)
    with pytest.raises(ToolError, match="onnxruntime would run the brain on CPUExecutionProvider"):
        onnx_runtime.session(b"", "CUDAExecutionProvider")


def test_golden_is_what_a_brain_was_compiled_with() -> None:
    network = brain(3)
    assert golden(network).chain == network.golden.chain
