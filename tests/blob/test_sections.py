"""sections.py: each record of SPEC 5.3, 5.4, 5.6 and 5.7 at its edges, and refused by name."""

import struct
from dataclasses import replace

import pytest

from ganglion.blob import sections as s
from ganglion.errors import BlobError
from ganglion.network.model import AreaInfo, InputRange, Population, SynapseClass
from tests.support.records import area, network_of, population

FLAGS = {
    "acc": 1, "every": 2, "upper": 4, "always": 8, "mpd": 16, "vary": 32, "placed": 64,
    "layer": 128,
}  # fmt: skip
FORM = "HHHHiiiHBBHHHhIiiiI"
FIELDS = (
    "first", "count", "flags", "area", "threshold", "step", "upper", "leak", "shift", "bits",
    "refractory", "snoozed", "limit", "fine", "excitability", "low", "high", "input_max", "id",
)  # fmt: skip
PLAIN = dict.fromkeys(FIELDS, 0) | {"count": 4, "flags": 8, "threshold": 3}
KEEPS = PLAIN | {"flags": 9, "low": -5, "high": 6}
LEAKS = KEEPS | {"leak": 16_384, "shift": 15}
RESTS = PLAIN | {"refractory": 2, "snoozed": 2}
LAYER = PLAIN | {"flags": 128 | 1 | 2 | 8}


def packed(record: dict[str, int], form: str = FORM) -> bytes:
    return struct.pack("<" + form, *(record[name] for name in FIELDS))


def read(record: dict[str, int], neurons: int = 4) -> Population:
    (found,), placed = s.decode_populations(packed(record), 1, neurons)
    assert placed == [0] * bool(record["flags"] & 64)
    return found


@pytest.mark.parametrize(
    "record",
    [
        PLAIN, KEEPS, LEAKS, RESTS, LAYER, LAYER | {"flags": LAYER["flags"] | 64},
        PLAIN | {"flags": 8 | 32, "step": 1}, PLAIN | {"flags": 8 | 4}, PLAIN | {"flags": 2},
        PLAIN | {"flags": 8 | 4, "upper": 9}, PLAIN | {"flags": 8 | 4, "upper": -9},
        PLAIN | {"flags": 8 | 64}, PLAIN | {"flags": 0, "excitability": 2**32 - 1, "id": 7},
        PLAIN | {"flags": 8 | 16, "bits": 22}, PLAIN | {"input_max": 2**31 - 1},
        PLAIN | {"threshold": 2**30}, PLAIN | {"threshold": -(2**30)},
        KEEPS | {"leak": 1, "shift": 30}, KEEPS | {"leak": 32_767, "shift": 30},
        KEEPS | {"leak": 16_384, "shift": 14}, LEAKS | {"fine": 16_383}, LEAKS | {"fine": -16_384},
        KEEPS | {"leak": 16_384, "shift": 14, "fine": -1}, KEEPS | {"low": 0, "high": 0},
        RESTS | {"limit": 1, "snoozed": 65_535}, RESTS | {"limit": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_population_is_what_its_record_says(record):
    p = read(record)
    flags = record["flags"]
    assert (p.first, p.count, p.area, p.threshold) == (0, 4, 0, record["threshold"])
    assert (p.threshold_step, p.leak, p.shift) == (record["step"], record["leak"], record["shift"])
    assert p.upper == (record["upper"] if flags & 4 else None)
    assert (p.psp_bits, p.refractory, p.snoozed) == (
        record["bits"],
        record["refractory"],
        record["snoozed"],
    )
    assert (p.limit, p.leak_fine, p.excitability) == (
        record["limit"],
        record["fine"],
        record["excitability"],
    )
    assert (p.low, p.high, p.input_max, p.id) == tuple(
        record[n] for n in ("low", "high", "input_max", "id")
    )
    said = (p.accumulates, p.every_burst, p.always, p.mp_driven, p.layer)
    assert said == tuple(bool(flags & FLAGS[n]) for n in ("acc", "every", "always", "mpd", "layer"))
    network = network_of([p], [area("one", 9)], range(4))
    assert s.encode_populations(network, [0] if flags & 64 else []) == packed(record)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (PLAIN | {"first": 1}, "population 0 begins at 1, not at 0"),
        (PLAIN | {"count": 0}, "population 0 begins at 0, not at 0"),
        (PLAIN | {"count": 3}, "the populations hold 3 neurons of 4"),
        (PLAIN | {"flags": 256 + 8}, "population 0 has unknown flags 0x108"),
        (PLAIN | {"flags": 256}, "population 0 has unknown flags 0x100"),
        (PLAIN | {"flags": 255, "step": 1}, "population 0 is a layer with fields of its own"),
        (PLAIN | {"flags": 8 | 32}, "population 0 has the threshold step 0"),
        (PLAIN | {"step": 1}, "population 0 has the threshold step 1"),
        (PLAIN | {"step": -1}, "population 0 has the threshold step -1"),
        (PLAIN | {"upper": 1}, "population 0 has an upper limit without its flag"),
        (PLAIN | {"upper": -1}, "population 0 has an upper limit without its flag"),
        (PLAIN | {"leak": 1, "shift": 15}, "population 0 leaks 32768 / 2^30"),
        (KEEPS | {"leak": 0, "shift": 15}, "population 0 leaks 0 / 2^30"),
        (KEEPS | {"leak": 1, "shift": 0}, "population 0 leaks 32768 / 2^15"),
        (KEEPS | {"leak": 1, "shift": 13}, "population 0 leaks 32768 / 2^28"),
        (KEEPS | {"leak": 1, "shift": 31}, "population 0 leaks 32768 / 2^46"),
        (KEEPS | {"leak": 32_768, "shift": 30}, "population 0 leaks 1073741824 / 2^45"),
        (KEEPS | {"leak": 16_385, "shift": 14}, "population 0 leaks 536903680 / 2^29"),
        (LEAKS | {"shift": 14, "fine": 1}, "population 0 leaks 536870913 / 2^29"),
        (KEEPS | {"leak": 16_383, "shift": 15, "fine": 1}, "population 0 has the fine leak 1"),
        (LEAKS | {"fine": 16_384}, "population 0 has the fine leak 16384"),
        (LEAKS | {"fine": -16_385}, "population 0 has the fine leak -16385"),
        (KEEPS | {"fine": -1}, "population 0 has the fine leak -1"),
        (PLAIN | {"flags": 8 | 16, "bits": 23}, "population 0 has 23 fraction bits"),
        (PLAIN | {"bits": 1}, "population 0 has 1 fraction bits"),
        (PLAIN | {"excitability": 1}, "population 0 has an excitability it does not need"),
        (RESTS | {"snoozed": 1}, "population 0 counts 1 after a snooze and 2 without"),
        (RESTS | {"snoozed": 3}, "population 0 counts 3 after a snooze and 2 without"),
        (RESTS | {"limit": 1, "snoozed": 1}, "population 0 counts 1 after a snooze and 2"),
        (KEEPS | {"low": 1}, "population 0 is clamped to 1..6"),
        (KEEPS | {"high": -1}, "population 0 is clamped to -5..-1"),
        (KEEPS | {"input_max": -1}, "population 0 is clamped to -5..6"),
        (PLAIN | {"threshold": 2**30 + 1}, "population 0 has the threshold 1073741825"),
        (PLAIN | {"threshold": -(2**30) - 1}, "population 0 has the threshold -1073741825"),
        (PLAIN | {"low": -1}, "population 0 keeps nothing and is clamped to -1..0"),
        (PLAIN | {"high": 1}, "population 0 keeps nothing and is clamped to 0..1"),
        *(
            (LAYER | changes, "population 0 is a layer with fields of its own")
            for changes in (
                {"flags": 128 | 1 | 2 | 8 | 4}, {"flags": 128 | 1 | 2 | 8 | 16}, {"id": 1},
                {"leak": 1, "shift": 14}, {"refractory": 1, "snoozed": 1}, {"limit": 1},
            )
        ),
    ],
    ids=str,
)  # fmt: skip
def test_a_population_that_breaks_a_rule_is_refused_by_name(record, text):
    with pytest.raises(BlobError) as refused:
        read(record)
    assert str(refused.value).startswith(text + "; ") or str(refused.value).startswith(text + " ")


def test_populations_follow_each_other_and_so_do_their_areas():
    two = PLAIN | {"first": 4, "area": 1, "count": 2}
    three = PLAIN | {"first": 6, "area": 1, "count": 1, "flags": 8 | 64}
    found, placed = s.decode_populations(packed(PLAIN) + packed(two) + packed(three), 3, 7)
    assert [(p.first, p.stop, p.area) for p in found] == [(0, 4, 0), (4, 6, 1), (6, 7, 1)]
    assert placed == [2]
    for record, text in (
        (two | {"first": 5}, "population 1 begins at 5, not at 4"),
        (two | {"area": 0}, "population 2 is of area 0 after one of 1"),
    ):
        rest = three if "begins" in text else three | {"area": 0}
        first = PLAIN if "begins" in text else PLAIN | {"area": 0}
        middle = record if "begins" in text else two
        with pytest.raises(BlobError, match=text):
            s.decode_populations(packed(first) + packed(middle) + packed(rest), 3, 7)
    for data, count in ((packed(PLAIN)[:-1], 1), (packed(PLAIN), 2), (packed(PLAIN), 0), (b"", 0)):
        with pytest.raises(BlobError, match=f"{count} populations do not fit; "):
            s.decode_populations(data, count, 4)


def test_more_neurons_than_a_board_numbers_have_wider_populations_and_inputs():
    for n, form in ((65_535, FORM), (65_536, "II" + FORM[2:])):
        record = PLAIN | {"count": n}
        (p,), _ = s.decode_populations(packed(record, form), 1, n)
        network = replace(
            network_of([p], [area("one", n)], range(n)), inputs=(InputRange(1, n - 1, 5),)
        )
        assert s.encode_populations(network, []) == packed(record, form)
        data = struct.pack("<IIi" if n > 65_535 else "<HHi", 1, n - 1, 5)
        assert s.encode_inputs(network) == data
        assert s.decode_inputs(data, n) == network.inputs


DRIVEN = (8, 5, 1, 3, 1)  # multiplier, cap, weight, shift, flags
CLASS = struct.Struct("<iibBBx")


@pytest.mark.parametrize(
    ("record", "bits"),
    [
        ((5, 0, 1, 0, 0), 0), ((0, 0, 1, 0, 0), 0), ((5, 0, -1, 0, 0), 0), (DRIVEN, 0),
        ((0, 0, -1, 15, 1), 0), ((2**23 - 1, 2**31 - 1, 1, 0, 1), 0), ((2**31 - 1, 0, 1, 0, 0), 0),
        ((1, 0, 0, 0, 0), 8), ((-1, 0, 0, 0, 4), 2), ((2**24 - 1, 0, 0, 0, 8), 4),
        ((1 - 2**24, 0, 0, 0, 0), 8),
    ],
    ids=str,
)  # fmt: skip
def test_a_class_is_what_its_record_says(record, bits):
    (found,) = s.decode_classes(CLASS.pack(*record), 1)
    multiplier, cap, weight, shift, flags = record
    assert found == SynapseClass(multiplier, weight, bool(flags & 1), cap, shift, flags >> 1)
    assert s.own_bits(found) == bits
    network = network_of([population(0, 1)], [area("one", 1)], [0], [found])
    assert s.encode_classes(network) == CLASS.pack(*record)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        *(((1, 0, 0, 0, f), f"has unknown flags {f:#x}") for f in (2, 6, 10, 16, 5, 9)),
        ((1, 0, 1, 0, 4), "has unknown flags 0x4"), ((8, 5, 0, 3, 5), "has unknown flags 0x5"),
        ((-1, 0, 1, 0, 0), "has a negative size"), ((-1, 5, 1, 3, 1), "has a negative size"),
        ((1, -1, 1, 0, 0), "has a negative size"), ((8, -1, 1, 3, 1), "has a negative size"),
        ((8, 5, 0, 3, 1), "has the weight 0"), ((8, 5, 2, 3, 1), "has the weight 2"),
        ((8, 5, -2, 3, 1), "has the weight -2"), ((8, 5, 1, 16, 1), "has the weight 1"),
        ((2**23, 5, 1, 3, 1), "multiplies by 8388608"),
        ((5, 1, 1, 0, 0), "has a cap or a shift it does not need"),
        ((5, 0, 1, 1, 0), "has a cap or a shift it does not need"),
        ((5, 0, 2, 0, 0), "has the weight 2"), ((5, 0, -2, 0, 0), "has the weight -2"),
        ((0, 0, 0, 0, 0), "multiplies 0"), ((2**24, 0, 0, 0, 0), "multiplies 16777216"),
        ((-(2**24), 0, 0, 0, 0), "multiplies -16777216"),
    ],
    ids=str,
)  # fmt: skip
def test_a_class_that_breaks_a_rule_is_refused_by_name(record, text):
    with pytest.raises(BlobError) as refused:
        s.decode_classes(CLASS.pack(*DRIVEN) + CLASS.pack(*record), 2)
    assert str(refused.value).startswith(f"class 1 {text}; ")


def test_there_are_as_many_classes_as_the_header_says_and_fewer_than_2_to_the_15():
    one = CLASS.pack(*DRIVEN)
    assert len(s.decode_classes(one * 32_767, 32_767)) == 32_767
    for data, count in ((one[:-1], 1), (one, 2), (one * 32_768, 32_768), (one, 0)):
        with pytest.raises(BlobError, match=f"{count} classes do not fit; "):
            s.decode_classes(data, count)


def test_ranges_of_inputs_ascend_and_lie_in_the_network():
    data = struct.pack("<HHiHHi", 0, 2, 1, 2, 3, 7)
    assert s.decode_inputs(data, 5) == (InputRange(0, 2, 1), InputRange(2, 3, 7))
    assert s.decode_inputs(struct.pack("<HHi", 4, 1, 1), 5) == (InputRange(4, 1, 1),)
    for values in ((1, 3, 7), (2, 0, 7), (2, 3, 0), (2, 3, -1), (2, 4, 7)):
        with pytest.raises(BlobError) as refused:
            s.decode_inputs(data[:8] + struct.pack("<HHi", *values), 5)
        text = f"the input range {values[0]}..+{values[1]} of 5 is out of place; "
        assert str(refused.value).startswith(text)
    with pytest.raises(BlobError, match="INPUTS has a broken record; "):
        s.decode_inputs(data[:-1], 5)


AREA = struct.Struct("<8sBBH3I3id")
GOOD = (b"c_one", 0, 3, 1, 1, 2, 1, -1, 0, 5, 0.25)


def packed_area(values=GOOD, name: bytes = b"One\0") -> bytes:
    return AREA.pack(*values) + name


def test_areas_are_what_their_records_say():
    for name in ("One", "", "Four", "x" * 63, "ä" * 31):
        made = AreaInfo("c_one", name, "CORE", (1, 2, 1), 1, (-1, 0, 5), 0.25)
        last = replace(made, id="c_eight8", group="MEMORY", dimensions=(3, 1, 1))
        network = network_of([population(0, 1)], [made, last], [0])
        data = s.encode_areas(network)
        size = len(name.encode())
        values = (*GOOD[:2], size, *GOOD[3:])
        whole = packed_area(values, name.encode() + bytes(-size % 4))
        other = (b"c_eight8", 4, size, 1, 3, 1, 1, *GOOD[7:])
        assert data == whole + packed_area(other, name.encode() + bytes(-size % 4))
        assert s.decode_areas(data, 2) == (made, last)


def test_a_name_is_cut_to_63_bytes_between_two_characters():
    made = AreaInfo("c_one", "ä" * 32, "CORE", (1, 2, 1), 1, (-1, 0, 5), 0.25)
    network = network_of([population(0, 1)], [made], [0])
    assert s.decode_areas(s.encode_areas(network), 1)[0].name == "ä" * 31


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (packed_area()[:43], "area 0 is cut"),
        (packed_area()[:-1], "area 0 is damaged"),
        (packed_area((b"c_one", 5, *GOOD[2:])), "area 0 is damaged"),
        (packed_area((b"c_one", 0, 64, *GOOD[3:]), b"x" * 64), "area 0 is damaged"),
        (packed_area((b"c_one", 0, 3, 0, *GOOD[4:])), "area 0 is damaged"),
        *(
            (packed_area((*GOOD[:at], 0, *GOOD[at + 1 :])), "area 0 is damaged")
            for at in (4, 5, 6)
        ),
        *(
            (packed_area((*GOOD[:-1], unit)), f"area 0 has the unit {unit}")
            for unit in (0.0, -1.0, float("inf"), float("nan"))
        ),
        (packed_area((b"c\xff", *GOOD[1:])), "area 0 has a name that is not UTF-8"),
        (packed_area(name=b"\xffne\0"), "area 0 has a name that is not UTF-8"),
        (packed_area() + bytes(4), "4 bytes follow the areas"),
    ],
)  # fmt: skip
def test_an_area_that_breaks_a_rule_is_refused_by_name(data, text):
    with pytest.raises(BlobError) as refused:
        s.decode_areas(data, 1)
    assert str(refused.value).startswith(f"{text}; ")
