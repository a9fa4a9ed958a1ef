"""The quantization library: any array, and never an error larger than it says."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ganglion.errors import QuantizeError
from ganglion.quantization.tensors import (
    ROUNDINGS,
    HalfArray,
    QuantizedArray,
    Scheme,
    load,
    measure,
    pack,
    quantize,
    save,
    to_half,
    unpack,
)
from ganglion.quantization.tensors.rounding import rounded

NUMBERS = st.floats(-1e6, 1e6, width=32)
ARRAYS = arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 7)), elements=NUMBERS)
SCHEMES = st.builds(
    Scheme,
    bits=st.sampled_from([8, 4, 2]),
    symmetric=st.booleans(),
    axis=st.sampled_from([None, 0, 1, -1]),
    rounding=st.sampled_from(["nearest_even", "nearest_away"]),
)


@given(array=ARRAYS, scheme=SCHEMES)
@settings(max_examples=150, deadline=None)
def test_no_error_is_larger_than_half_a_step(array: np.ndarray, scheme: Scheme) -> None:
    found = quantize(array, scheme)
    metrics = measure(array, found.dequantize(), found.step())
    assert metrics.steps is not None and metrics.steps <= 0.5 + 1e-5


@given(array=ARRAYS, scheme=SCHEMES)
@settings(max_examples=60, deadline=None)
def test_zero_stays_zero_and_what_was_quantized_stays_what_it_is(
    array: np.ndarray, scheme: Scheme
) -> None:
    array[0] = 0
    found = quantize(array, scheme)
    real = found.dequantize()
    assert (real[array == 0] == 0).all()
    packed = QuantizedArray.from_packed(
        found.packed(), found.shape, scheme, found.scale, found.zero_point
    )
    assert np.array_equal(packed.dequantize(), real)


def test_rounding_modes_by_name() -> None:
    x = np.array([-2.5, -1.5, -0.4, 0.5, 1.5, 2.6])
    assert rounded(x, "nearest_even").tolist() == [-2, -2, 0, 0, 2, 3]
    assert rounded(x, "nearest_away").tolist() == [-3, -2, 0, 1, 2, 3]
    assert rounded(x, "floor").tolist() == [-3, -2, -1, 0, 1, 2]
    assert rounded(x, "ceil").tolist() == [-2, -1, 0, 1, 2, 3]
    assert rounded(x, "truncate").tolist() == [-2, -1, 0, 0, 1, 2]
    assert set(ROUNDINGS) == {
        "nearest_even", "nearest_away", "floor", "ceil", "truncate", "stochastic",
    }  # fmt: skip


def test_stochastic_rounding_keeps_the_mean_and_the_seed_keeps_the_result() -> None:
    x = np.full(20_000, 0.3)
    found = rounded(x, "stochastic", 5)
    assert set(found.tolist()) == {0.0, 1.0}
    assert abs(found.mean() - 0.3) < 0.02
    assert np.array_equal(found, rounded(x, "stochastic", 5))
    assert not np.array_equal(found, rounded(x, "stochastic", 6))


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_symmetric_codes_are_as_many_above_zero_as_below(bits: int) -> None:
    found = quantize(np.linspace(-1, 1, 101), Scheme(bits=bits))
    most = 2 ** (bits - 1) - 1
    assert (found.codes.min(), found.codes.max()) == (-most, most)
    assert not found.zero_point.any()


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_asymmetric_codes_use_the_whole_range(bits: int) -> None:
    found = quantize(np.linspace(3, 9, 101), Scheme(bits=bits, symmetric=False))
    assert found.codes.max() == 2 ** (bits - 1) - 1
    assert found.zero_point[0] == -(2 ** (bits - 1))  # 0 is in the range, at its end


def test_a_channel_has_its_own_scale() -> None:
    array = np.array([[1.0, -1.0], [1000.0, 500.0]])
    per_tensor, per_channel = quantize(array), quantize(array, Scheme(axis=0))
    assert measure(array[0], per_tensor.dequantize()[0]).max_error > 0.5
    assert measure(array[0], per_channel.dequantize()[0]).max_error < 1e-6
    assert quantize(array, Scheme(axis=1)).scale.shape == (2,)


def test_groups_of_nothing_but_zeros_are_defined() -> None:
    for symmetric in (True, False):
        found = quantize(np.zeros((2, 3)), Scheme(axis=0, symmetric=symmetric))
        assert found.scale.tolist() == [1.0, 1.0] and not found.dequantize().any()
    metrics = measure(np.zeros(3), np.zeros(3))
    assert (metrics.sqnr_db, metrics.cosine, metrics.max_error) == (math.inf, 1.0, 0.0)


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 4)])
def test_empty_arrays_are_defined(shape: tuple[int, ...]) -> None:
    found = quantize(np.zeros(shape), Scheme(bits=4, axis=0))
    assert found.dequantize().shape == shape and found.compression == 1.0


def test_calibrators_trade_the_largest_for_the_many() -> None:
    rng = np.random.default_rng(3)
    array = np.append(rng.normal(size=5000), 100.0)
    rmse = {}
    for name in ("min_max", "percentile", "mse"):
        found = quantize(array, Scheme(bits=4, calibrator=name)).dequantize()
        rmse[name] = measure(array[:-1], found[:-1]).rmse
    assert rmse["percentile"] < rmse["min_max"] / 5
    whole = {
        name: measure(array, quantize(array, Scheme(bits=8, calibrator=name)).dequantize()).rmse
        for name in ("min_max", "percentile", "mse")
    }
    assert whole["mse"] == min(whole.values())


def test_metrics_are_what_their_names_say() -> None:
    metrics = measure([3.0, 4.0], [3.0, 3.0], 2.0)
    assert (metrics.max_error, metrics.mean_error, metrics.steps) == (1.0, 0.5, 0.5)
    assert metrics.rmse == pytest.approx(math.sqrt(0.5))
    assert metrics.sqnr_db == pytest.approx(10 * math.log10(25))
    assert metrics.cosine == pytest.approx((9 + 12) / (5 * math.sqrt(18)))
    assert measure([1.0], [1.0]).as_dict()["sqnr_db"] is None
    assert measure([0.0], [1.0]).cosine == 0.0
    assert measure([1.0, 0.0], [-2.0, 0.0]).cosine == -1.0


@given(
    bits=st.sampled_from([8, 4, 2]),
    values=st.lists(st.integers(-128, 127), max_size=40),
)
def test_packing_is_reversible_and_takes_as_many_bits_as_it_says(
    bits: int, values: list[int]
) -> None:
    limit = 2 ** (bits - 1)
    fitting = np.array([v % (2 * limit) - limit for v in values], dtype=np.int64)
    data = pack(fitting, bits)
    assert len(data) == -(-len(values) * bits // 8)
    assert unpack(data, bits, len(values)).tolist() == fitting.tolist()


def test_packing_is_pinned() -> None:
    assert pack(np.array([1, -1, 7, -8, 3]), 4).hex() == "f18703"
    assert pack(np.array([1, -1, 0, -2, 1]), 2).hex() == "8d01"
    assert pack(np.array([-1, 5]), 8).hex() == "ff05"


def test_what_does_not_fit_its_bits_is_refused() -> None:
    with pytest.raises(QuantizeError, match="the integers -9 to 3 do not fit 4 bits; keep them"):
        pack(np.array([-9, 3]), 4)
    with pytest.raises(QuantizeError, match="3 integers of 4 bits are 2 bytes, and 1 were given"):
        unpack(b"\0", 4, 3)
    with pytest.raises(QuantizeError, match="the unused bits of the last byte are not zero"):
        unpack(b"\x00\x10", 4, 3)
    with pytest.raises(QuantizeError, match="5 bits were asked for; use 8, 4 or 2"):
        pack(np.array([1]), 5)


def test_half_is_nearest_and_refuses_what_it_cannot_hold() -> None:
    found = to_half([1.0, 2049.0, -0.1, 65504.0])
    assert found.dequantize().tolist() == [1.0, 2048.0, np.float32(np.float16(-0.1)), 65504.0]
    assert found.nbytes == 8 and found.compression == 2.0
    with pytest.raises(QuantizeError, match="the number 70000 is beyond float16, whose largest is"):
        to_half([70000.0])
    assert to_half([70000.0, -1e9], saturate=True).dequantize().tolist() == [65504.0, -65504.0]
    with pytest.raises(QuantizeError, match="not finite; replace them first"):
        to_half([float("nan")])
    again = HalfArray.from_packed(found.packed(), found.shape)
    assert np.array_equal(again.values, found.values)


def saved(path: Path) -> dict[str, QuantizedArray | HalfArray]:
    rng = np.random.default_rng(1)
    made: dict[str, QuantizedArray | HalfArray] = {
        "weights": quantize(rng.normal(size=(6, 9)), Scheme(bits=4, axis=0, calibrator="mse")),
        "bias": to_half(rng.normal(size=5)),
        "gate": quantize(rng.normal(size=(3, 2, 5)), Scheme(bits=2, symmetric=False, axis=1)),
        "empty": quantize(np.zeros((0, 3))),
    }
    save(path, made)
    return made


def test_a_manifest_holds_everything_and_says_how_small_it_is(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    made = saved(path)
    found = load(path)
    assert set(found) == set(made)
    for name, array in made.items():
        assert np.array_equal(found[name].dequantize(), array.dequantize()), name
        assert found[name].shape == array.shape
    manifest = json.loads(path.read_text())
    assert manifest["bytes"] == path.with_suffix(".bin").stat().st_size
    assert manifest["original_bytes"] == 4 * (54 + 5 + 30)
    assert manifest["compression"] == pytest.approx(
        manifest["original_bytes"] / manifest["total_bytes"], abs=1e-3
    )
    entry = next(e for e in manifest["arrays"] if e["name"] == "weights")
    assert entry["total_bytes"] == 54 // 2 + 4 * 6


def test_the_same_arrays_give_the_same_files(tmp_path: Path) -> None:
    saved(tmp_path / "a.json")
    saved(tmp_path / "b.json")
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda m: m.update(format="x"), "is no manifest"),
        (lambda m: m.update(version=9), "has version 9, and this program reads 1"),
        (lambda m: m.update(sha256="0"), "are not those that the manifest names"),
        (lambda m: m["arrays"][0].update(offset=1), "is out of place"),
        (lambda m: m["arrays"][2].update(shape=[1000]), "and .* were given"),
        (lambda m: m["arrays"][2]["scheme"].update(bits=3), "3 bits were asked for"),
        (lambda m: m["arrays"][2].update(scale=[0.0] * 2), "a scale is not above 0 and finite"),
        (lambda m: m["arrays"].pop(), "bytes follow the arrays"),
        (lambda m: m.pop("arrays"), "is damaged: KeyError"),
    ],
)
def test_a_manifest_that_was_altered_is_refused(tmp_path: Path, change: object, text: str) -> None:
    path = tmp_path / "net.json"
    saved(path)
    manifest = json.loads(path.read_text())
    change(manifest)  # type: ignore[operator]
    path.write_text(json.dumps(manifest))
    with pytest.raises(QuantizeError, match=text):
        load(path)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(QuantizeError, match=r"none\.json cannot be read: No such file"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"bits": 3}, "3 bits were asked for; use 8, 4 or 2"),
        ({"rounding": "up"}, "the rounding 'up' is unknown; use nearest_even, nearest_away"),
        ({"calibrator": "best"}, "the calibrator 'best' is unknown; use min_max, percentile, mse"),
        ({"percentile": 30}, "the percentile is 30; use a number above 50 and at most 100"),
        ({"seed": -1}, "the seed is -1; use a number from 0 to"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(fields: dict[str, object], text: str) -> None:
    with pytest.raises(QuantizeError, match=text):
        Scheme(**fields)  # type: ignore[arg-type]


def test_arrays_that_cannot_be_quantized_are_refused() -> None:
    with pytest.raises(QuantizeError, match="the array holds 2 numbers that are not finite"):
        quantize([1.0, math.inf, math.nan])
    with pytest.raises(QuantizeError, match="an array of 1 dimensions has no axis 2"):
        quantize([1.0], Scheme(axis=2))
    with pytest.raises(QuantizeError, match="cannot be compared"):
        measure([1.0], [1.0, 2.0])
