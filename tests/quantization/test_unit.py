"""Lattice: exact where it can be, and never a unit in which something could overflow."""

from fractions import Fraction

import pytest

from ganglion.connectome.model import Connectome
from ganglion.errors import QuantizeError
from ganglion.quantization.options import QuantizeOptions, Range
from ganglion.quantization.profile import AreaProfile
from ganglion.quantization.rationals import ceil_star, common_divisor, floor_star, nearest
from ganglion.quantization.scale import Scale
from ganglion.quantization.unit import fit
from tests.support.profiles import profiles
from tests.support.tiny import Box, Net, Wire, chain


def profile(connectome: Connectome, area: int = 1, **options: object) -> AreaProfile:
    chosen = QuantizeOptions(**options)  # type: ignore[arg-type]
    return profiles(connectome, chosen)[area]


def scale(connectome: Connectome, bits: int = 32, area: int = 1, **options: object) -> Scale:
    return fit(profile(connectome, area, **options), bits)


def test_nearest_rounds_ties_away_from_zero() -> None:
    assert [nearest(Fraction(n, 2)) for n in (-3, -1, 0, 1, 3)] == [-2, -1, 0, 1, 2]


def test_a_quotient_a_millionth_off_a_whole_number_is_that_number() -> None:
    assert ceil_star(Fraction(7) + Fraction(1, 10**7)) == 7
    assert ceil_star(Fraction(7) + Fraction(1, 1000)) == 8
    assert floor_star(Fraction(7) - Fraction(1, 10**7)) == 7
    assert floor_star(Fraction(7) - Fraction(1, 1000)) == 6


def test_the_common_divisor_of_rationals_divides_them_all() -> None:
    assert common_divisor([Fraction(1, 3), Fraction(1, 2)]) == Fraction(1, 6)
    assert common_divisor([Fraction(-10), Fraction(4)]) == 2
    assert common_divisor([Fraction(0)]) == common_divisor([]) == 1


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_thirds_are_exact(bits: int) -> None:
    net = Net(
        {"i_in____": Box(group="IPU", uniform=False), "c_out___": Box(count=3)},
        [Wire(("i_in____", 0), ("c_out___", i)) for i in range(3)],
    )
    found = scale(net.build(), bits)
    assert found.exact
    assert found.unit * found.contributions[0] == Fraction(1, 3)


def test_zero_stays_zero_and_a_threshold_is_never_rounded_down() -> None:
    found = scale(chain(7, threshold=10.0), 16)
    assert found.exact
    assert found.threshold_max == -(-Fraction(10) // found.unit)


def test_int8_keeps_weights_and_thresholds_in_seven_bits() -> None:
    found = scale(chain(3, -2, threshold=100.0, keeps=True), 8)
    assert found.exact
    assert found.threshold_max <= 127
    assert max(map(abs, found.contributions)) <= 127
    assert (found.low, found.high) == (-128, 127)


def test_int8_rounds_where_no_lattice_fits_and_prefers_a_coarser_threshold_to_saturation() -> None:
    found = scale(chain(201, 203, threshold=150.0, keeps=True, excitability=0.5, leak=0.5), 8)
    assert not found.exact
    assert found.saturated == 0
    assert 32 <= found.threshold_max <= 100


def test_int8_saturates_rather_than_lose_the_threshold() -> None:
    net = Net(
        {"i_in____": Box(group="IPU"), "c_out___": Box(keeps=True, excitability=0.5, leak=0.5)},
        [
            Wire(("i_in____", 0), ("c_out___", 0), 255, 255),
            Wire(("i_in____", 0), ("c_out___", 0), 1),
        ],
    )
    found = scale(net.build(), 8)
    assert found.saturated == 1
    assert found.threshold_max == 100


def test_what_is_stronger_than_any_need_is_cut_and_stays_exact() -> None:
    found = scale(chain(200, psp=200, threshold=1.0), 16)
    assert found.exact and found.clipped == 1
    assert found.contributions[0] >= found.threshold_max


def test_a_clip_of_a_neuron_that_keeps_its_potential_leaves_room_only_down_to_need() -> None:
    net = Net(
        {"i_in____": Box(group="IPU"), "c_out___": Box(keeps=True)},
        [
            Wire(("i_in____", 0), ("c_out___", 0), 255, 255),
            Wire(("i_in____", 0), ("c_out___", 0), -1),
        ],
    )
    found = scale(net.build(), 16)
    assert found.exact and found.clipped == 1
    assert found.low == -found.need


def test_nothing_is_cut_where_an_upper_limit_could_see_it() -> None:
    assert scale(chain(200, 1, threshold=1.0, limit=50.0), 32).clipped == 0


def test_an_input_beyond_an_upper_limit_stays_beyond_it() -> None:
    found = scale(chain(1, threshold=1.0, limit=1000.0), 32)
    assert found.input_max * found.unit > 1000


def test_inhibition_finds_room_for_many_bursts() -> None:
    found = scale(chain(5, -3, threshold=4.0, keeps=True), 32)
    assert -found.low >= 2**20 * 3 / found.unit


def test_a_leak_bounds_the_room_that_inhibition_needs() -> None:
    found = scale(chain(5, -3, threshold=4.0, keeps=True, leak=0.5), 16)
    assert found.need <= 3 / found.unit + 2


def test_mp_driven_areas_have_a_binary_unit() -> None:
    net = Net(
        {"i_in____": Box(group="IPU"), "c_mid___": Box(mp_driven=True, threshold=3.3), "o_out___":
         Box()},
        [Wire(("i_in____", 0), ("c_mid___", 0), 7), Wire(("c_mid___", 0), ("o_out___", 0), 2)],
    )  # fmt: skip
    unit = scale(net.build(), 32, 1).unit
    assert unit.numerator == 1 and unit.denominator & (unit.denominator - 1) == 0


def test_steps_per_psp_and_not_only_the_largest_psp_lie_on_the_lattice() -> None:
    net = Net(
        {"i_in____": Box(group="IPU", mp_driven=True), "c_out___": Box(threshold=10.0)},
        [Wire(("i_in____", 0), ("c_out___", 0), 3)],
    )
    found = scale(net.build(), 32)
    assert found.exact and (Fraction(3) / found.unit).denominator == 1


def test_a_soft_range_replaces_the_room_that_was_guessed() -> None:
    connectome = chain(5, -3, threshold=4.0, keeps=True)
    found = scale(connectome, 16, ranges={"*": Range(-6.0, 5.0)})
    assert found.need == 6 / found.unit
    assert found.unit < scale(connectome, 16).unit


def test_a_hard_range_is_a_clamp() -> None:
    found = scale(chain(5, -3, threshold=4.0, keeps=True), 32, ranges={"*": Range(-6, 5, True)})
    assert (found.low * found.unit, found.high * found.unit) == (-6, 5)


def test_thresholds_and_weights_too_far_apart_are_refused_with_the_remedy() -> None:
    net = Net(
        {"i_in____": Box(group="IPU"), "c_out___": Box(mp_driven=True, threshold=3e9)},
        [Wire(("i_in____", 0), ("c_out___", 0))],
    )
    with pytest.raises(QuantizeError) as refusal:
        scale(net.build(), 16)
    assert str(refusal.value) == (
        "area c_out___ has sums that no unit fits into 16 bits; choose a wider state "
        "(--state int32), or lower its weights or its fan-in"
    )


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_no_sum_of_any_scale_leaves_its_width(bits: int) -> None:
    for box in (
        {"keeps": True},
        {"keeps": True, "leak": 0.1},
        {"keeps": True, "consecutive": 2},
        {"keeps": True, "limit": 60.0},
        {"keeps": False},
    ):
        for options in ({}, {"negative_inputs": True, "anywhere": True, "maximum": 77.0}):
            found = scale(chain(9, 30, -20, threshold=50.0, **box), bits, **options)
            limit = 2 ** ((32 if bits == 8 else bits) - 1) - 1
            assert found.high + found.p <= limit and found.n - found.low <= limit, (box, options)
