"""Ids: each spelling FEAGI ever used names the same area."""

import base64

import pytest

from ganglion.connectome import ids
from ganglion.errors import GenomeError
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi import Policy
from ganglion.frontends.feagi.develop import develop
from tests.support.genomes import area, encoded, read, rule


@pytest.mark.parametrize("spelling", ["_power", "___pwr", "___power", "X19fcG93ZXI="])
def test_every_spelling_of_power_is_the_power_area(spelling: str) -> None:
    identity = ids.read(spelling)
    assert (identity.key, identity.text, identity.group) == (b"___power", "___power", "CORE")


@pytest.mark.parametrize(
    ("spelling", "key", "base"),
    [
        ("_death", b"___death", "X19fZGVhdGg="),
        ("_fatigue", b"___fatig", "X19fZmF0aWc="),
        ("iic400", b"isvi\x09\x00\x04\x00", "aXN2aQkABAA="),
        ("omot00", b"omot\x05\x00\x00\x00", "b21vdAUAAAA="),
        ("ogaz00", b"ogaz\x02\x00\x00\x00", "b2dhegIAAAA="),
        ("cKQM2_", b"cKQM2___", None),
    ],
)
def test_a_legacy_id_has_the_bytes_that_feagi_gives_it(
    spelling: str, key: bytes, base: str | None
) -> None:
    assert ids.read(spelling).key == key
    assert ids.read(base or base64.b64encode(key).decode()).key == key


def test_a_base64_id_of_letters_is_shown_as_letters() -> None:
    assert ids.read(base64.b64encode(b"cKQM2___").decode()).text == "cKQM2___"
    assert ids.read("aXN2aQkABAA=").text == "aXN2aQkABAA="


def test_an_id_that_cannot_be_printed_is_shown_in_base64() -> None:
    assert ids.read("c\x1b\ud800").text.isascii()
    assert ids.read("c\x1b\ud800").text.isprintable()


def test_core_areas_come_first_and_the_others_by_id() -> None:
    found = read({"oBBBBB": area(), "cAAAAA": area(), "_power": area(), "cAAAA_": area()})
    order = [each.id.text for each in found.areas]
    assert order == ["___death", "___fatig", "___power", "cAAAAA", "cAAAA_", "oBBBBB"]


def test_missing_core_areas_are_added_with_feagis_values() -> None:
    found = read({"cAAAAA": area()}).area("_power")
    assert found is not None and not found.written
    assert found.threshold == 0.10000000149011612
    assert (found.postsynaptic_current, found.leak) == (500.0, 0.0)
    assert found.psp_uniform and not found.mp_charge_accumulation
    assert read({"cAAAAA": area()}, Policy(core_areas="as-written")).area("_power") is None


def test_a_core_area_has_one_neuron_whatever_its_size() -> None:
    found = read({"_power": area((3, 3, 1))})
    power = found.area("___pwr")
    assert power is not None and power.neurons == 1
    assert develop(found).power_neuron == 2  # after death and fatigue


def test_an_unknown_type_of_id_is_accepted_skipped_or_refused() -> None:
    areas = {"t__vis": area()}
    assert read(areas).area("t__vis") is not None
    assert read(areas, Policy(unknown_ids="skip")).area("t__vis") is None
    with pytest.raises(GenomeError) as caught:
        read(areas, Policy(unknown_ids="refuse"))
    assert str(caught.value) == (
        '$.blueprint.t__vis: the id "t__vis" names no type of area '
        "(first of 8 bytes: c m i o _); rename it"
    )


def test_the_first_byte_names_the_group_unless_the_file_does() -> None:
    groups = {
        each.id.text: each.group
        for each in read({
            "iAAAAA": area(), "oAAAAA": area(), "mAAAAA": area(), "cAAAAA": area(),
            "iBBBBB": area(cortical_group="CUSTOM"), "iCCCCC": area(cortical_group="memory"),
        }).areas
        if each.written
    }  # fmt: skip
    assert groups == {
        "cAAAAA": "CUSTOM", "iAAAAA": "IPU", "iBBBBB": "CUSTOM", "iCCCCC": "IPU",
        "mAAAAA": "MEMORY", "oAAAAA": "OPU",
    }  # fmt: skip


def test_two_spellings_of_one_area_are_noticed_and_the_first_counts() -> None:
    found = read({"_power": area(firing_threshold=2.0), "___pwr": area(firing_threshold=3.0)})
    power = found.area("_power")
    assert power is not None and power.threshold == 2.0
    assert "duplicate-area" in {notice.code for notice in found.notices}


def test_a_mapping_may_name_its_destination_in_another_spelling() -> None:
    legacy = {"cAAAAA": area(to={"aXN2aQkABAA=": [rule("projector")]}), "iic400": area()}
    assert develop(read(legacy)).n_synapses == 1


def test_an_input_id_that_feagi_refuses_is_noticed() -> None:
    bad = base64.b64encode(b"isvi\xff\x00\x00\x00").decode()
    found = genome.parse(encoded({bad: area()}))
    notice = next(notice for notice in found.notices if notice.code == "io-id")
    assert "configuration 0x00ff names no kind of input or output" in notice.fact


def test_an_area_is_found_by_id_spelling_or_name() -> None:
    found = read({"iic400": area(cortical_name="Eye"), "cAAAAA": area(cortical_name="Twin"),
                  "cBBBBB": area(cortical_name="Twin")})  # fmt: skip
    connectome = develop(found)
    for text in ("iic400", "aXN2aQkABAA=", "Eye"):
        area_found = found.area(text)
        assert area_found is not None and area_found.id.text == "iic400"
        assert connectome.areas[connectome.area_index(text) or 0].name == "Eye"
    assert found.area("Twin") is None and connectome.area_index("Twin") is None
    assert found.area("") is None and connectome.area_index("") is None
