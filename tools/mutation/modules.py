"""Modules: what is mutated, and by which tests each change should be noticed.

In:  nothing.
Out: of each module its file, its tests, and for the firmware the tests whose question() is asked.
Never: imports a test, or what is mutated.
"""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FIRMWARE = ROOT / "firmware"
ALONE = "--noconftest"  # these tests need nothing of conftest.py, whose imports cost most of a run


@dataclass(frozen=True)
class Module:
    """`tests`: files, and words for pytest. `questions`: modules of tests, in the order asked."""

    file: str
    tests: tuple[str, ...]
    questions: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return ROOT / self.file


def _host(place: str, *tests: str) -> Module:
    return Module(f"host/ganglion/{place}.py", (*tests, ALONE))


def _loader(name: str, *asked: str, tests: tuple[str, ...] = ()) -> Module:
    """A module of load/: the tests whose question it is alone, those of every blob; other tests."""
    questions = *(f"tests.firmware.load.test_{test}" for test in asked), *BLOBS
    return Module(f"firmware/lib/ganglion/load/{name}.py", tests, questions)


BLOBS = ("tests.firmware.load.test_codes", "tests.blob.test_canonical")
CODES = "tests/firmware/load/test_codes.py"
REFUSALS = "tests/blob/test_refusals.py::test_a_host_refuses_each_in_words"
TRIAL = "tests/firmware/load/test_trial.py"
MODULES = {
    "frame": _host("link/frame", "tests/link/test_frame.py"),
    "codes": _host("link/codes", "tests/link/test_codes.py"),
    "telemetry": _host("link/telemetry", "tests/link/test_telemetry.py"),
    "messages": _host(
        "link/messages", "tests/link/test_messages.py", "tests/link/test_telemetry.py",
    ),
    "proof": _host("network/proof", "tests/network/test_proof.py", "-k", "not every_brain"),
    "layer_proof": _host("network/layer_proof", "tests/network/test_proof.py", "-k", "layer"),
    "container": _host("blob/container", "tests/blob/test_envelope.py", f"{REFUSALS}[layers]"),
    "blob_canonical": _host("blob/canonical", "tests/blob/test_one_form.py"),
    "blob_places": _host("blob/places", "tests/blob/test_places.py"),
    "blob_rows": _host("blob/rows", "tests/blob/test_rows.py"),
    "blob_sections": _host("blob/sections", "tests/blob/test_sections.py"),
    "blob_synapses": _host("blob/synapses", "tests/blob/test_columns.py"),
    "blob_blocks": _host("blob/blocks", "tests/blob/test_blocks.py"),
    "blob_layers": _host("blob/layers", "tests/blob/test_layers.py", f"{REFUSALS}[layers]"),
    "blob_learning": _host("blob/learning", "tests/blob/test_learning.py", f"{REFUSALS}[learning]"),
    "blob_learning_rules": _host(
        "blob/learning_rules", "tests/blob/test_learning_rules.py", f"{REFUSALS}[learning]",
    ),
    "blob_learnt": _host("blob/learnt", "tests/blob/test_learnt.py"),
    "blob_robot": _host("blob/robot", "tests/blob/test_robot.py", f"{REFUSALS}[robots]"),
    "wire": Module(
        "firmware/lib/ganglion/wire.py", ("tests/firmware/test_wire.py",),
        tuple(f"tests.firmware.test_wire{part}" for part in ("", "_streams", "_port")),
    ),
    "envelope": _loader("envelope", tests=(CODES, "-k", "long_name")),
    "places": _loader("places", "places"),
    "populations": _loader("populations", "populations"),
    "synapses": _loader("synapses", "blocks", "rows"),
    "tables": _loader("tables"),
    "net": _loader("net", "populations"),
    "merge": _loader("merge", "merge"),
    "leaks": _loader("leaks", "leaks"),
    "layers": _loader("layers", "layers"),
    "memories": _loader("memories", "memories"),
    "learning": _loader("learning", "learning"),
    "robot": _loader("robot", "robot"),
    "refusal": _loader("refusal", "trial", tests=(TRIAL,)),
    "trial": _loader("trial", "trial"),
}  # fmt: skip
