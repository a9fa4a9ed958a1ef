"""Bursts: many bursts of a brain by one call into an emulated core.

In:  the firmware's Brain over a Machine, as load_brain gives them, with a random stimulus.
Out: the digest of each burst.
Never: a kernel of its own: what is called, with what and in which order, are Brain's own tables. A
       brain with layers, with learning, with a robot or with rows that stay in the file: `serves`.

A piece of machine code walks a list of calls. Each is eight words, the first three of which are the
function object that MicroPython would hand over: nothing, context, entry; then the argument, where
a half word lies without which the call is left out, and where its result is added. A call without
an entry begins the update phase (Brain.step), or ends the burst.
"""

from array import array
from typing import Any

from ganglion.analysis.bench import riscv32, xtensa_program
from ganglion.analysis.bench.convention import NONE, signatures
from ganglion.analysis.bench.machine import Machine
from ganglion.viper import riscv_code as rv
from ganglion.viper import xtensa_code as xt
from ganglion.viper.assembler import Item, Label, assemble
from ganglion.viper.code import Imm

NAME = "bursts"
TYPES = signatures("@micropython.viper\ndef run(table: int): pass")
BURST = 8  # of Brain's constants: the number of the burst
# the head of the list, in words: bursts to run, where the next digest goes, what fired in the last
# burst, where the digest and the number of the burst lie, room for a result that nobody reads, one
LEFT, OUT, FIRES, DIGEST, NUMBER, UNREAD, ONE = range(7)
CALL = 32  # bytes of a call, and of the head


class Bursts:
    """Runs a Brain, many bursts at a time."""

    def __init__(self, brain: Any, machine: Machine, most: int) -> None:
        """`most` is how many bursts one run has at most."""
        assert serves(brain)
        self._brain, self._machine, self.most = brain, machine, most
        self._digests = array("I", bytes(4 * most))
        code = {"rv32imc": _riscv, "xtensawin": _xtensa}[machine.march]()
        machine.load(NAME, {"run": code}, 1, TYPES)
        deliver, update = brain._deliver, brain._updates
        self._table = array("I", bytes(CALL * (len(deliver) + len(update) + 8)))
        at = machine.address
        self._table[DIGEST] = at(brain._out)
        self._table[NUMBER] = at(brain._consts) + 4 * BURST
        self._table[ONE] = 1
        head = at(self._table)
        always, unread, fires = head + 4 * ONE, head + 4 * UNREAD, head + 4 * FIRES
        waiting = at(brain._queues.data)
        calls = [self._call(call, block, fires, unread) for call, block in deliver]
        calls += [self._call(call, block, always, unread) for call, block in brain._inputs_drawn]
        calls.append((0, 0))
        digest = type(brain).digest.__globals__["viper"].digest
        calls += [self._call(call, block, waiting + 2 * q, fires) for q, call, block in update]
        calls.append(self._call(digest, brain._digests, always, unread))
        calls.append((0, 1))
        for k, words in enumerate(calls, 1):
            self._table[8 * k : 8 * k + len(words)] = array("I", words)

    def _call(self, call: Any, block: int, condition: int, result: int) -> tuple[int, ...]:
        entry, context, _ = self._machine._entry[call.args[0]]
        return 0, context, entry, 2 * block + 1, condition, result

    def run(self, count: int) -> list[int]:
        """The digests of the next bursts."""
        brain, table, at = self._brain, self._table, self._machine.address
        table[LEFT], table[OUT], table[FIRES] = count, at(self._digests), brain._fires
        brain._consts[BURST] = brain.burst
        self._machine.call(f"{NAME}.run", (at(table),))
        brain.burst += count
        brain._fires = table[FIRES]
        return self._digests[:count].tolist()


def serves(brain: Any) -> bool:
    """Whether a burst of this brain is nothing but calls, each with one block of arguments."""
    return not (brain.learned or brain._layers or brain.robot or brain.pages)


def _riscv() -> bytes:
    ra, sp, t0, t1, t2, table, call, a0, a1, a2, a3 = 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13
    kept = ((ra, 28), (table, 24), (call, 20))
    empty = [*rv.constant(t2, riscv32.LOG), rv.store("store32", 0, t2, 0)]
    items: list[Item] = [rv.add(sp, sp, -32), *(rv.store("store32", r, sp, k) for r, k in kept)]
    items += [rv.load("load32", table, a3, 0), rv.immediate("sar", table, table, 1)]
    items += [Label("burst"), rv.load("load32", t0, table, 4 * LEFT), rv.leap("eq", t0, 0, "done")]
    items += [rv.add(t0, t0, -1), rv.store("store32", t0, table, 4 * LEFT)]
    items += [rv.add(call, table, CALL), Label("call"), rv.load("load32", t0, call, 8)]
    items += [rv.leap("eq", t0, 0, "mark"), rv.load("load32", t1, call, 16)]
    items += [rv.load("load16", t1, t1, 0), rv.leap("eq", t1, 0, "next"), *empty]
    items += [rv.move(a0, call), rv.add(a1, 0, 1), rv.add(a2, 0, 0), rv.add(a3, call, 12)]
    items += [rv.jump_register(ra, t0), rv.immediate("sar", a0, a0, 1)]
    items += [rv.load("load32", t1, call, 20), rv.load("load32", t2, t1, 0)]
    items += [rv.arithmetic("add", t2, t2, a0), rv.store("store32", t2, t1, 0)]
    items += [Label("next"), rv.add(call, call, CALL), rv.leap("eq", 0, 0, "call"), Label("mark")]
    items += [rv.load("load32", t1, call, 4), rv.leap("ne", t1, 0, "end")]
    items += [rv.store("store32", 0, table, 4 * FIRES), rv.load("load32", t1, table, 4 * NUMBER)]
    items += [rv.load("load32", t2, t1, 0), rv.add(t2, t2, 1), rv.store("store32", t2, t1, 0)]
    items += [rv.leap("eq", 0, 0, "next"), Label("end"), rv.load("load32", t1, table, 4 * DIGEST)]
    items += [rv.load("load32", t2, t1, 0), rv.load("load32", t1, table, 4 * OUT)]
    items += [rv.store("store32", t2, t1, 0), rv.add(t1, t1, 4)]
    items += [rv.store("store32", t1, table, 4 * OUT), rv.leap("eq", 0, 0, "burst")]
    items += [Label("done"), *empty, *rv.constant(a0, NONE)]
    items += [rv.load("load32", r, sp, k) for r, k in kept]
    return assemble([*items, rv.add(sp, sp, 32), rv.jump_register(0, ra)])


def _xtensa() -> bytes:
    code = xtensa_program.Code()
    table, call, zero = 6, 7, 4
    t0, t1, t2 = 8, 9, 14

    def put(*items: Item) -> None:
        code.put(*items)

    def load(register: int, base: int, word: int) -> None:
        put(xt.access("load32", register, base, 4 * word))

    def store(register: int, base: int, word: int) -> None:
        put(xt.access("store32", register, base, 4 * word))

    def empty() -> None:
        code.constant(t2, xtensa_program.LOG)
        store(zero, t2, 0)

    put(xtensa_program.ENTRY)
    load(table, 5, 0)
    put(xt.three(0x21, table, 1, table))  # srai by 1
    code.constant(zero, 0)
    put(Label("burst"))
    load(t0, table, LEFT)
    put(xt.leap("eq", t0, Imm(0), "done"), xt.add(t0, t0, -1))
    store(t0, table, LEFT)
    put(xt.add(call, table, CALL), Label("call"))
    load(t0, call, 2)
    put(xt.leap("eq", t0, Imm(0), "mark"))
    load(t1, call, 4)
    put(xt.access("load16", t1, t1, 0), xt.leap("eq", t1, Imm(0), "next"))
    empty()
    put(xt.move(10, call), xt.move(12, zero), xt.add(11, zero, 1), xt.add(13, call, 12))
    put(xt.call(t0), xt.three(0x21, 10, 1, 10))
    load(t1, call, 5)
    load(t2, t1, 0)
    put(xt.plain("add", t2, t2, 10))
    store(t2, t1, 0)
    put(Label("next"), xt.add(call, call, CALL), xt.jump("call"), Label("mark"))
    load(t1, call, 1)
    put(xt.leap("ne", t1, Imm(0), "end"))
    store(zero, table, FIRES)
    load(t1, table, NUMBER)
    load(t2, t1, 0)
    put(xt.add(t2, t2, 1))
    store(t2, t1, 0)
    put(xt.jump("next"), Label("end"))
    load(t1, table, DIGEST)
    load(t2, t1, 0)
    load(t1, table, OUT)
    store(t2, t1, 0)
    put(xt.add(t1, t1, 4))
    store(t1, table, OUT)
    put(xt.jump("burst"), Label("done"))
    empty()
    code.constant(2, NONE)
    put(xtensa_program.RETW)
    return code.assembled()
