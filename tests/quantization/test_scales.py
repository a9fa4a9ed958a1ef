"""Scale factors as a file: saved, edited, compared, and given back so that two brains speak one."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from ganglion.compiler import compile_connectome
from ganglion.errors import QuantizeError
from ganglion.quantization.description import configs_of
from ganglion.quantization.options import QuantizeOptions
from ganglion.quantization.quantize import quantize
from ganglion.quantization.scales import (
    compare,
    from_bytes,
    prospects,
    simplest,
    to_bytes,
    units_of,
)
from tests.support.brains import small_connectome
from tests.support.command import ganglion_in
from tests.support.tiny import chain
from tools.networks import random_connectome


@pytest.mark.parametrize("state", ["int8", "int16", "int32"])
@pytest.mark.parametrize("seed", range(4))
def test_a_brain_given_its_own_scales_is_the_same_brain(seed: int, state: str) -> None:
    connectome = random_connectome(seed)
    options = QuantizeOptions(state=state)
    network, note = quantize(connectome, options)
    units = units_of(from_bytes(to_bytes(configs_of(network))))
    again, noted = quantize(connectome, replace(options, units=units))
    assert [float(s.unit) for s in noted.scales] == [float(s.unit) for s in note.scales]
    assert np.array_equal(again.contribution, network.contribution)
    assert np.array_equal(again.threshold, network.threshold)


def test_a_later_brain_keeps_the_unit_of_an_earlier_one() -> None:
    options = QuantizeOptions(state="int32")
    earlier = compile_connectome(chain(3, -2, threshold=9, keeps=True, leak=0.1), options)
    later = chain(5, -1, threshold=7, keeps=True, leak=0.1)
    free = compile_connectome(later, options)
    bound = compile_connectome(later, replace(options, units=units_of(configs_of(earlier.network))))
    first, second = configs_of(earlier.network), configs_of(bound.network)
    assert all(d.same for d in compare(first, second))
    assert free.quantization.scales[1].unit == bound.quantization.scales[1].unit or not all(
        d.same for d in compare(first, configs_of(free.network))
    )


def test_a_unit_comes_back_from_its_f64_as_the_fraction_that_it_was() -> None:
    for fraction in (Fraction(1, 3), Fraction(7, 3 * 2**22), Fraction(5), Fraction(1, 2**22),
                     Fraction(26, 25) ** 9 / 100, Fraction(12345, 7)):  # fmt: skip
        if fraction.denominator < 2**26:
            assert simplest(float(fraction)) == fraction
        assert float(simplest(float(fraction))) == float(fraction)


def test_a_unit_that_does_not_fit_is_refused_with_its_area() -> None:
    with pytest.raises(QuantizeError) as refusal:
        compile_connectome(
            chain(3, threshold=9),
            QuantizeOptions(state="int16", units={"c_out___": Fraction(1, 10**6)}),
        )
    assert str(refusal.value) == (
        "area c_out___ does not fit 16 bits in the unit 1e-06 that it was given; give it a coarser "
        "one, leave it out of the scales, or choose a wider state"
    )


def test_a_unit_of_an_area_whose_psp_follows_its_potential_is_a_power_of_two() -> None:
    for seed in range(20):
        connectome = random_connectome(seed)
        driven = [a.id for a in connectome.areas if a.mp_driven_psp]
        if driven:
            break
    with pytest.raises(QuantizeError, match=r"was given the unit 0\.333333, and its PSP follows"):
        compile_connectome(connectome, QuantizeOptions(units={driven[0]: Fraction(1, 3)}))


def test_every_width_says_what_it_costs() -> None:
    found = prospects(chain(3, -2, threshold=9, keeps=True, leak=0.1), QuantizeOptions())
    mine = {p.bits: p for p in found if p.area == "c_out___"}
    assert mine[8].threshold < mine[16].threshold < mine[32].threshold
    assert "leak" in mine[32].losses
    plain = [p for p in prospects(chain(3, threshold=9), QuantizeOptions()) if p.bits == 16]
    assert all(p.exact and not p.losses for p in plain)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff", "x is not JSON: "),
        (b"[]", "x has the format None, not 'ganglion scales 1'; give a file that"),
        (b'{"format": "ganglion scales 1"}', "x has no list of areas; give a file that"),
        (b'{"format": "ganglion scales 1", "areas": [{}]}', "a quantization config has the fields"),
    ],
)
def test_what_is_no_file_of_scales_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(QuantizeError) as refusal:
        from_bytes(data, "x")
    assert str(refusal.value).startswith(sentence)


def test_a_scale_edited_into_nonsense_is_refused() -> None:
    configs = configs_of(compile_connectome(small_connectome()).network)
    good = json.loads(to_bytes(configs))
    for value, sentence in (
        (0, "give finite numbers above 0"),
        ("a", "holds a scale that is no n"),
    ):
        good["areas"][0]["activation_scale"] = value
        with pytest.raises(QuantizeError, match=sentence):
            from_bytes(json.dumps(good).encode())
    twice = {**good, "areas": [json.loads(to_bytes(configs))["areas"][0]] * 2}
    with pytest.raises(QuantizeError, match="has two scales of area "):
        from_bytes(json.dumps(twice).encode())


def test_the_commands_save_edit_compare_and_give_back(tmp_path: Path) -> None:
    from ganglion.connectome.npz import save

    save(chain(3, -2, threshold=9, keeps=True, leak=0.1), tmp_path / "first.npz")
    save(chain(5, -1, threshold=7, keeps=True, leak=0.1), tmp_path / "second.npz")
    assert ganglion_in(tmp_path, "scales", "first.npz", "-o", "first.scales.json").returncode == 0
    told = ganglion_in(
        tmp_path, "compile", "second.npz", "-o", "second.gbn", "--scales", "first.scales.json"
    )
    assert told.returncode == 0, told.stderr
    told = ganglion_in(tmp_path, "scales", "first.scales.json", "second.gbn")
    assert "2 of 2 areas speak one unit" in told.stdout
    edited = json.loads((tmp_path / "first.scales.json").read_text())
    mine = next(a for a in edited["areas"] if a["area"] == "c_out___")
    mine["activation_scale"] *= 2
    (tmp_path / "first.scales.json").write_text(json.dumps(edited))
    assert ganglion_in(
        tmp_path, "compile", "second.npz", "-o", "third.gbn", "--scales", "first.scales.json"
    ).returncode == 0  # fmt: skip
    told = ganglion_in(tmp_path, "scales", "third.gbn", "second.gbn", "--json")
    assert {d["area"]: d["ratio"] for d in json.loads(told.stdout)} == {
        "i_in____": 1.0, "c_out___": 2.0,
    }  # fmt: skip
    told = ganglion_in(tmp_path, "compile", "second.npz", "--scales", "nowhere.json")
    assert told.returncode == 1 and "nowhere.json cannot be read" in told.stderr
