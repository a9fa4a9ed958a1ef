"""synapses.py: the columns of a brain that no board runs, and which are read (SPEC 5.11)."""

import numpy as np
import pytest

from ganglion.blob.synapses import decode_synapses, encode_synapses
from ganglion.errors import BlobError
from ganglion.network.model import SynapseClass
from tests.support.records import area, network_of, population

CLASSES = (
    SynapseClass(5, -1), SynapseClass(1, 0, few_bits=2), SynapseClass(2, 0), SynapseClass(3, 1),
    SynapseClass(4, 1, mp_driven=True, cap=9),
)  # fmt: skip
GOOD = [
    (0, 1, 0, -1), (0, 0, 1, 0), (0, 0, 1, 3), (0, 1, 1, 2), (0, 1, 2, 0), (0, 1, 2, 127),
    (2, 2, 3, 1), (2, 2, 3, 1), (2, 0, 4, 1),
]  # fmt: skip
NAMES = ("source", "target", "klass", "weight")


def columns(rows, neurons: int = 3, counts: list[int] | None = None) -> bytes:
    """The section, whatever is in the rows."""
    source, target, klass, weight = np.array(rows).reshape(-1, 4).T
    each = np.bincount(source, minlength=neurons) if counts is None else np.array(counts)
    parts = ((each, "<u4"), (target, "<u4"), (klass, "<u2"), (weight, "i1"))
    return b"".join(part.astype(form).tobytes() for part, form in parts)


def test_columns_read_back_and_are_those_of_the_specification():
    network = network_of([population(0, 3)], [area("one", 3)], range(3), CLASSES, GOOD)
    data = encode_synapses(network)
    assert data == columns(GOOD)
    for read, name in zip(decode_synapses(data, 9, 3, CLASSES), NAMES, strict=True):
        assert np.array_equal(read, getattr(network, name)), name
        assert read.dtype == getattr(network, name).dtype, name


def test_neurons_that_16_bits_do_not_number_have_32():
    source, target, _, _ = decode_synapses(
        columns([(69_999, 69_998, 3, 1)], 70_000), 1, 70_000, CLASSES
    )
    assert (source.tolist(), target.tolist()) == ([69_999], [69_998])
    assert source.dtype == target.dtype == np.uint32


def test_no_synapses_are_no_section():
    network = network_of([population(0, 3)], [area("one", 3)], range(3))
    assert encode_synapses(network) == b""
    read = decode_synapses(b"", 0, 3, ())
    assert [len(column) for column in read] == [0] * 4
    assert [column.dtype for column in read] == [np.uint16, np.uint16, np.uint16, np.int8]
    with pytest.raises(BlobError, match="the sections hold 0 synapses of 1; "):
        decode_synapses(b"", 1, 3, ())
    with pytest.raises(BlobError, match="SYNAPSES has 12 bytes for 0 synapses; "):
        decode_synapses(bytes(12), 0, 3, CLASSES)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (columns(GOOD) + b"\0", "SYNAPSES has 76 bytes for 9 synapses"),
        (columns(GOOD)[:-1], "SYNAPSES has 74 bytes for 9 synapses"),
        (columns(GOOD, counts=[6, 0, 4]), "the neurons have 10 synapses of 9"),
        (columns(GOOD, counts=[6, 0, 2]), "the neurons have 8 synapses of 9"),
        (columns([*GOOD[:8], (2, 3, 4, 1)]), "a synapse leads to neuron 3"),
        (columns([*GOOD[:8], (2, 2, 5, 1)]), "a synapse is of class 5"),
    ],
)  # fmt: skip
def test_columns_that_do_not_fit_are_refused_by_name(data, text):
    with pytest.raises(BlobError) as refused:
        decode_synapses(data, 9, 3, CLASSES)
    assert str(refused.value).startswith(f"{text}; ")


@pytest.mark.parametrize(
    ("klass", "weight"),
    [(0, 1), (0, 0), (1, 4), (1, -1), (2, -1), (2, -128), (3, 0), (3, -1), (3, 2), (4, 0)],
)
def test_a_weight_is_one_that_its_class_has(klass, weight):
    with pytest.raises(BlobError, match="has a weight that its class does not have"):
        decode_synapses(columns([(1, 1, klass, weight)]), 1, 3, CLASSES)


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 1, 3, 1), (0, 2, 0, -1)], [(0, 1, 3, 1), (0, 0, 3, 1)], [(0, 1, 2, 2), (0, 1, 2, 1)],
        [(0, 1, 2, 2), (1, 0, 3, 1), (1, 2, 0, -1)],
    ],
)  # fmt: skip
def test_synapses_of_a_neuron_that_do_not_ascend_are_refused(rows):
    with pytest.raises(BlobError, match="the synapses of a neuron do not ascend; "):
        decode_synapses(columns(rows), len(rows), 3, CLASSES)
    after = [(0, 2, 2, 2), (1, 1, 2, 1)]  # of another neuron they may be anything
    assert len(decode_synapses(columns(after), 2, 3, CLASSES)[0]) == 2
