"""load/trial.py: which brain a start runs, what is said of one that does not run, what comes next.

The slots are real. The heap says how much is free of what a run needs; what loads can fail.
"""

import json
from dataclasses import replace
from functools import cache

from ganglion.blob.container import encode
from ganglion.compiler import compile_connectome
from ganglion.network.model import QuantizedNetwork
from tests.support.layers import random_network
from tests.support.questions import Question, answers
from tests.support.tiny import chain

STORAGE, MEMORY, MAGIC, BOARD, GOLDEN, OLDER, SIGNATURE, CRASH = 5, 8, 16, 24, 23, 25, 26, 32
ASK = """
import json, os
from binascii import hexlify, unhexlify
from ganglion import brain, guard, heap, slots
from ganglion.load import net, trial
from ganglion.load.refusal import Refused
whole = brain.Brain
class Heap:
    def collect(self): pass
    def mem_free(self): return heap.RUN + self.frees.pop(0)
trial.gc = Heap()
tries = []
def failing(kind, *words):
    def fail(*given, **named):
        tries.append(kind)
        raise {"memory": MemoryError, "os": OSError, "value": ValueError, "refused": Refused}[kind](
            *words)
    return fail
def answer(data):
    from ganglion.load import net
    asked = json.loads(data)
    for name in ("brain.a", "brain.b", "brain.ptr", "pinned.key", "guard.bin"):
        try:
            os.remove(name)
        except OSError:
            pass
    for name, hexadecimal in asked["files"].items():
        with open(name, "wb") as file:
            file.write(unhexlify(hexadecimal))
    guard.fault, guard.board["name"] = 7, asked["board"]
    tries.clear()
    trial.gc.frees = asked["frees"]
    brain.Brain = failing(*asked["brain"]) if asked["brain"] else whole
    loaded = net.load
    if asked["load"]:
        net.load = failing(*asked["load"])
    made, faults, again = trial.current(slots.Slots())
    net.load = loaded
    try:
        with open("brain.ptr") as file:
            pointer = file.read()
    except OSError:
        pointer = "-"
    told = ["%d/%d/%s" % (code, detail, text if isinstance(text, str) else type(text).__name__)
        for code, detail, text in faults]
    here = made and (hexlify(made.net.id).decode(), made.net.in_file)
    return here, " ".join(told), again, pointer, guard.fault, trial.gc.frees, len(tries)
"""
WORDS = """
from ganglion.load.refusal import Refused, asked, need, room
need(1, 5)
for ok, words in ((0, (5,)), ("", (6, 9))):
    try:
        need(ok, *words)
    except Refused as refused:
        print(refused.code, refused.detail, refused.args)
print([len(room(n)) for n in range(10)], any(room(9)))
try:
    room(1 << 60)
except Refused as refused:
    print(refused.code, refused.detail == 1 << 60)
print(asked(MemoryError("memory allocation failed, allocating 720 bytes of 9")))
print(asked(MemoryError()), asked(MemoryError("memory allocation failed, heap is locked")))
"""


@cache
def brain(counter: int = 0, **changes: object) -> bytes:
    network = compile_connectome(chain(1, 2, threshold=2.0)).network
    return encode(replace(network, counter=counter, **changes))


def golden_of(network: QuantizedNetwork, spikes: int) -> object:
    return replace(network.golden, spikes=network.golden.spikes + spikes)


class Start:
    """What lies in the slots, and what goes wrong."""

    def __init__(
        self, pointer: str, a: bytes | None = None, b: bytes | None = None, *, key: bytes = b"",
        board: str = "", frees: tuple[int, ...] = (0,) * 9, brain: tuple = (), load: tuple = (),
    ) -> None:  # fmt: skip
        files = {"brain.ptr": pointer.encode() or None, "brain.a": a, "brain.b": b}
        files["pinned.key"] = key or None
        self.files = {name: data for name, data in files.items() if data is not None}
        self.board, self.frees, self.brain, self.load = board, list(frees), brain, load

    def sent(self) -> bytes:
        files = {name: data.hex() for name, data in self.files.items()}
        return json.dumps(vars(self) | {"files": files}).encode()

    def told(
        self, runs: bytes | None, *faults: str, again: bool = False, pointer: str, tries: int,
        in_file: int = 0, fault: int = 7, failed: int = 0,
    ) -> str:  # fmt: skip
        from ganglion.blob.container import brain_id

        here = (brain_id(runs).hex(), in_file) if runs else None
        return f"{here} {' '.join(faults)} {again} {pointer} {fault} {self.frees[tries:]} {failed}"


def starts() -> dict[str, tuple[Start, str]]:
    """By name: a start, and what comes of it."""
    one, two, bad = brain(1), brain(2), b"GIF89a" * 100
    layers = encode(random_network(3))
    whole = compile_connectome(chain(1, 2, threshold=2.0)).network
    wrong = encode(replace(whole, golden=replace(whole.golden, chain=whole.golden.chain ^ 1)))
    made: dict[str, tuple[Start, str]] = {}

    def case(name: str, start: Start, runs: bytes | None, *faults: str, **told: object) -> None:
        made[name] = start, start.told(runs, *faults, **told)

    a_bad, b_bad = f"{MAGIC}/0/brain.a", f"{MAGIC}/0/brain.b"
    case("nothing", Start(""), None, pointer="-", tries=0)
    case("one", Start("ac", one), one, pointer="ac", tries=1)
    case("the other", Start("bc", one, two), two, pointer="bc", tries=1)
    case("one that is lost", Start("ac"), None, f"{STORAGE}/2/brain.a", pointer="ac", tries=0)
    case("bad, and another", Start("ac", bad, two), two, a_bad, pointer="ac", tries=1)
    case("two bad", Start("ac", bad, bad), None, a_bad, b_bad, pointer="ac", tries=0)
    case("a new one", Start("an", two, one), two, pointer="ac", tries=1, fault=0)
    case("the first", Start("an", two), two, pointer="ac", tries=1, fault=0)
    case("as old", Start("an", two, two), two, pointer="ac", tries=1, fault=0)
    rolled = {"again": True, "pointer": "bc", "fault": 0}
    case("older", Start("an", one, two), None, f"{OLDER}/0/brain.a", tries=1, **rolled)
    case("older, forced", Start("af", one, two), one, pointer="ac", tries=1, fault=0)
    case("a new one that is bad", Start("an", bad, two), None, a_bad, tries=0, **rolled)
    alone = rolled | {"pointer": "-"}
    case("the first, and bad", Start("an", bad), None, a_bad, tries=0, **alone)
    case("a trial that was cut", Start("at", one, two), two, pointer="bc", tries=1)
    case("the first trial, cut", Start("at", one), None, pointer="-", tries=0)
    mine = brain(1, board="mine")
    case("of my name", Start("ac", mine, board="mine"), mine, pointer="ac", tries=1)
    other = f"{BOARD}/0/brain.a"
    case("of another name", Start("ac", mine, board="yours"), None, other, pointer="ac", tries=0)
    unsigned = f"{SIGNATURE}/0/brain.a"
    case("a key", Start("ac", one, key=bytes(384)), None, unsigned, pointer="ac", tries=0)
    another = f"{GOLDEN}/{whole.golden.chain}/brain.a"
    case("another vector", Start("ac", wrong), None, another, pointer="ac", tries=0)
    full = f"{MEMORY}/{{RUN}}/brain.a"
    low = (-1, 0, 0)
    case("no room", Start("ac", one, frees=low), one, pointer="ac", tries=2, in_file=1)
    low = (-1, -1, 0)
    case("none at all", Start("ac", one, frees=low), None, full, pointer="ac", tries=2)
    case("layers", Start("ac", layers, frees=low), layers, pointer="ac", tries=3, in_file=2)
    low = (-1, 0, 0)
    case("half of it", Start("ac", layers, frees=low), layers, pointer="ac", tries=2, in_file=1)
    low = (-1, -1, -1)
    case("layers, no room", Start("ac", layers, frees=low), None, full, pointer="ac", tries=3)
    for name, failing, said in (
        ("memory", ("memory", "memory allocation failed, allocating 720 bytes"), f"{MEMORY}/720"),
        ("memory without a word", ("memory",), f"{MEMORY}/0"),
        ("refused", ("refused", 8, 99), f"{MEMORY}/99"), ("wrong", ("refused", 21, 3), "21/3"),
        ("a crash", ("value", "no"), f"{CRASH}/0"),
    ):  # fmt: skip
        of = "ValueError" if "crash" in name else "brain.a"
        start = Start("ac", one, brain=failing)
        told = {"pointer": "ac", "tries": 0, "failed": 2 if said[0] == "8" else 1}
        case(f"while it is made: {name}", start, None, f"{said}/{of}", **told)
    for name, failing, said in (
        ("memory", ("memory", "allocating 9"), f"{MEMORY}/9/brain.a"),
        ("storage", ("os", 19), f"{STORAGE}/19/brain.a"),
        ("storage without a number", ("os",), f"{STORAGE}/0/brain.a"),
        ("a crash", ("value",), f"{CRASH}/0/ValueError"),
    ):  # fmt: skip
        start = Start("ac", one, load=failing)
        told = {"pointer": "ac", "tries": 0, "failed": 2 if said[0] == "8" else 1}
        case(f"while it is loaded: {name}", start, None, said, **told)
    many = bytearray(one)
    many[28:30] = (256).to_bytes(2, "little")  # classes
    start = Start("ac", bytes(many), load=("memory",))
    case("256 classes", start, None, f"{MEMORY}/0/brain.a", pointer="ac", tries=0, failed=2)
    return made


def question() -> Question:
    return Question(ASK, [(s.sent(), t.replace("{RUN}", "2000")) for s, t in starts().values()])


def test_a_start_runs_what_it_can_and_says_what_it_cannot(micropython, tmp_path):
    said = answers(question(), micropython, tmp_path)
    told = zip(starts(), said, question().cases, strict=True)
    assert [(name, words, right) for name, words, (_, right) in told if words != right] == []


def test_a_refusal_has_a_code_and_a_detail_and_room_is_whole_words(micropython, tmp_path):
    assert micropython(WORDS, tmp_path).decode().splitlines() == [
        "5 0 (5, 0)", "6 9 (6, 9)", "[0, 4, 4, 4, 4, 8, 8, 8, 8, 12] False", "8 True", "720", "0 0",
    ]  # fmt: skip
