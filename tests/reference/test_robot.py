"""The robot's arithmetic, against plain exact fractions, and its one form as bytes."""

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from ganglion.blob.container import decode, encode
from ganglion.blob.robot import decode_robot, encode_robot
from ganglion.errors import BlobError
from ganglion.reference.integers import Reference
from ganglion.reference.robot import Read, Robot, inputs_of, scaled
from ganglion.robot import columns, feagi3, legacy
from tests.support.robots import driven_network

NETWORK = driven_network()
PROGRAM = NETWORK.robot
assert PROGRAM is not None


def test_a_table_of_thresholds_is_the_rule_at_every_reading() -> None:
    for low, high, depth in ((0, 300, 10), (300, 0, 10), (-50, 77, 21), (0, 9, 10), (3, -5, 4)):
        cells = [(z,) for z in range(depth)]
        encoder = columns.legacy_levels(0, 1, low, high, cells, depth)
        for raw in range(min(low, high) - 3, max(low, high) + 4):
            turned = (-raw, -low, -high) if low > high else (raw, low, high)
            wanted = legacy.clamped_z(*map(Fraction, turned), depth)
            assert inputs_of(encoder, raw) == [(wanted, 1)], (low, high, depth, raw)


@pytest.mark.parametrize("fractional", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_a_feagi3_table_is_the_rule_at_every_reading(fractional: bool, signed: bool) -> None:
    depth, full = 10, 255
    cells = columns.feagi3_cells(0, depth, signed=signed)
    encoder = columns.feagi3_encoder(0, 1, 0, full, depth, cells, fractional=fractional)
    for raw in range(-full - 2, full + 3):
        found = [neuron for neuron, _ in inputs_of(encoder, raw)]
        size = min(abs(raw), full)
        if raw < 0 and not signed:
            size = 0
        if fractional:
            zs = feagi3.fraction_zs(size, full, depth)
        else:
            zs = [feagi3.linear_z(size, full, depth)]
        column = depth if signed and raw < 0 else 0
        wanted = [column + z for z in zs] + ([2 * depth - 1] if signed and raw == 0 else [])
        assert found == wanted, raw


def test_motors_are_exact_fractions_of_every_set_of_voxels() -> None:
    seed = 15
    pick = random.Random(seed)
    output = columns.legacy_motor(0, 10, 4095, 1, 1)
    robot = Robot(replace(PROGRAM, slots=0, drivers=(), encoders=(), outputs=(output,)))
    for _ in range(2000):
        sets = [[z for z in range(10) if pick.random() < 0.4] for _ in range(2)]
        powers = [legacy.power({z: Fraction(1) for z in zs}, 10) or Fraction(0) for zs in sets]
        fired = {z for z in sets[0]} | {10 + z for z in sets[1]}
        robot.reset()
        assert robot.act(fired) == [int(4095 * (powers[0] - powers[1]))], f"seed {seed}: {sets}"


def test_a_product_is_cut_toward_zero() -> None:
    assert [scaled(n, 3, 10) for n in (2, 1, 0, -1, -2)] == [6, 3, 0, -3, -6]


def test_a_reading_is_used_for_as_many_bursts_as_it_holds() -> None:
    robot = Robot(PROGRAM)
    hold = PROGRAM.drivers[0].hold
    assert hold == 20
    assert len(robot.sense([1, 0], [0, 0])[0]) == 1
    for _ in range(hold - 1):
        assert len(robot.sense([Read.FAILED, 0], [0, 0])[0]) == 1
    assert len(robot.sense([Read.FAILED, 0], [0, 0])[0]) == 0
    assert len(robot.sense([1, 0], [0, 0])[0]) == 1


def test_what_is_sensed_moves_the_motors_two_bursts_later_and_enters_the_digest() -> None:
    reference = Reference(NETWORK, drives=True)
    silent = Reference(NETWORK, drives=True)
    told, digests = [], []
    for burst in range(1, 9):
        reference.step(sensed=([1, 0], [5800, 0]) if burst == 1 else None)
        silent.step()
        assert reference.robot and silent.robot
        told.append(list(reference.robot.driven))
        digests.append(reference.digest() == silent.digest())
    assert told[0] == [0, 0, 9000]
    assert not any(digests)
    # 100 cm fires z = 9 for as long as it holds: full power, once the window of three has filled.
    assert [t[0] for t in told[:5]] == [0, 0, 341, 795, 947]
    assert Reference(NETWORK).words().size < reference.words().size


def test_a_robot_has_one_form_and_every_index_is_checked() -> None:
    data = encode_robot(PROGRAM)
    assert decode_robot(data, NETWORK.n_neurons) == PROGRAM
    with pytest.raises(BlobError, match="the robot's program is damaged at word"):
        decode_robot(data, 40)
    words = np.frombuffer(data, "<i4")
    refused = 0
    for at in range(len(words)):
        changed = words.copy()
        changed[at] ^= 1 << 20
        try:
            decode_robot(changed.tobytes(), NETWORK.n_neurons)
        except BlobError:
            refused += 1
    assert refused > len(words) // 2
    for size in (0, 4, 31, len(data) - 4, len(data) - 1):
        with pytest.raises(BlobError):
            decode_robot(data[:size], NETWORK.n_neurons)


def test_a_brain_with_a_robot_is_one_blob_and_its_golden_vector_is_the_brains() -> None:
    blob = encode(NETWORK)
    again = decode(blob)
    assert again.robot == PROGRAM
    assert again.golden == replace(NETWORK, robot=None).golden
    assert encode(replace(again, robot=None)) == encode(replace(NETWORK, robot=None)) != blob
