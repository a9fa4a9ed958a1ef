"""A device that learns: memory as planned, no allocation in the loop, a loader that is no fool."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ganglion.blob.container import decode, sections
from ganglion.boards.memory import arrays
from ganglion.compiler import Brain, compile_connectome
from ganglion.device.device import Device
from ganglion.errors import BlobError
from ganglion.link.messages import Burst, Stats
from ganglion.reference.integers import Reference
from ganglion.reference.learning import padded
from ganglion.reference.stimulus import RandomStimulus, StimulusStream, parameters
from tests.support.learning import KINDS, learner
from tools.faults.blobs import reseal

STIMULUS = RandomStimulus.at_rate(7, 0.4)

SIZES = """
from ganglion.load.net import load
net = load("brain.gbn")
learn = net.learn
tables = (learn.projections, learn.areas, learn.memories, learn.spans, learn.twins)
print(learn.size, sum(4 * len(t) for t in tables) + len(learn.targets) + len(learn.plays))
"""

VERDICTS = """
from ganglion.load.net import load
from ganglion.load.refusal import Refused
with open("changes", "rb") as f:
    data = f.read()
blob = bytearray(open("brain.gbn", "rb").read())
size = len(blob)
out = []
for at in range(0, len(data), size):
    with open("try.gbn", "wb") as f:
        f.write(data[at : at + size])
    try:
        load("try.gbn")
        out.append(0)
    except Refused as refused:
        out.append(refused.code)
print(out)
"""


@pytest.fixture(scope="module")
def brain() -> Brain:
    return compile_connectome(learner(3, "all"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_memory_plan_is_what_the_loader_lays_out(
    kind: str, tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    brain = compile_connectome(learner(2, kind, size=30))
    (tmp_path / "brain.gbn").write_bytes(brain.blob)
    state, tables = map(int, micropython(SIZES, tmp_path).split())
    plan = arrays(brain.network, brain.blob)
    assert sum(plan[n] for n in ("histories", "plastic weights", "presence", "memory")) == state
    assert (
        0 <= tables - plan["learning tables"] <= 160
    )  # what is empty has a few bytes all the same
    reference = Reference(brain.network).learns
    assert reference is not None
    assert state == sum(len(padded(part)) for part in reference.parts())
    places = sum(p.places for p in brain.network.learning.projections)
    assert plan["plastic weights"] <= places + 3
    assert plan["histories"] <= brain.network.n_neurons + 3


def test_2000_bursts_that_learn_leave_the_heap_as_it_was(device: Device, brain: Brain) -> None:
    device.put(brain.blob)
    device.configure(stimulus=parameters(STIMULUS), lossless=True, stats_every=10)
    device.start(2_000)
    reference, stream = Reference(brain.network), StimulusStream(brain.network, STIMULUS)
    heaps = set()
    for event in device.events():
        if isinstance(event, Burst) and event.number <= 300:
            reference.step(stream.draw())
            assert event.digest == reference.digest(), f"burst {event.number}"
        elif isinstance(event, Stats):
            heaps.add(event.heap_free)
        elif isinstance(event, Burst):
            last = event.number
    assert (reference.burst, last) == (300, 2_000) and len(heaps) == 1


def test_a_new_start_forgets_what_was_learnt(device: Device, brain: Brain) -> None:
    device.put(brain.blob)
    device.configure(stimulus=parameters(STIMULUS), lossless=True)
    chains = []
    for _ in range(2):
        device.start(50)
        chains.append([e.digest for e in device.events() if isinstance(e, Burst)])
    assert len(chains[0]) == 50 and chains[0] == chains[1]
    assert len(set(chains[0])) > 40


def test_a_device_refuses_every_section_that_a_host_refuses(
    brain: Brain, tmp_path: Path, micropython: Callable[..., bytes]
) -> None:
    """A byte of the learning sections changed, its CRC and SHA-256 made right again."""
    ours = [s for s in sections(brain.blob) if s.type >= 30]
    places = [(s.offset + i, s.type) for s in ours for i in range(s.length)]
    rng = np.random.default_rng(4)
    changed, kinds = [], []
    for number in rng.choice(len(places), 300, replace=False):
        at, kind = places[number]
        data = bytearray(brain.blob)
        data[at] = int(rng.choice([0, 1, 2, 127, 128, 255, data[at] ^ 1]))
        changed.append(reseal(bytes(data)))
        kinds.append(kind)
    (tmp_path / "brain.gbn").write_bytes(brain.blob)
    (tmp_path / "changes").write_bytes(b"".join(changed))
    told = eval(micropython(VERDICTS, tmp_path).decode())
    assert len(told) == len(changed)
    refused = 0
    for data, kind, code in zip(changed, kinds, told, strict=True):
        try:
            decode(data)
            assert code == 0, f"the device refuses ({code}) a change in section {kind}"
        except BlobError as error:
            # a device proves indices and fields; order and sums are a host's to prove
            refused += 1
            only_host = (
                "canonical", "could reach", "do not ascend", "all pairs", "closes other pairs",
                "reaches a slot",
            )  # fmt: skip
            if not any(words in str(error) for words in only_host):
                assert code in (21, 22), f"the device takes section {kind} although {error}"
    assert refused > 50
