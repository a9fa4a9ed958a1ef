"""Allocate: a register of the machine for each value, by colouring; what finds none goes to memory.

In:  a Function as a target's `select` leaves it.
Out: the Function with `spill` and `reload` where needed, a colour for each register, how many
     slots.
Never: two values in one register while both are wanted (check() proves it of every result).

Two values interfere if one is written while the other is live; then they need different registers.
(A copy does not make its source and its result interfere.) The graph of that is coloured after
Chaitin and Briggs: a value with fewer neighbours than there are registers can always be coloured,
so it is taken out and coloured last; when none is left, the one is taken that is cheapest to keep
in memory for the neighbours it has, in the hope that a colour will be left for it all the same. Who
finds none is spilled, and all begins again.

Copies: if source and result do not interfere and the united value is sure to find a colour (fewer
than K neighbours of K or more neighbours: Briggs), they become one, the most frequent first.

Spilling: at first a value is reloaded once for each block that reads it, then, if that does not do,
for each use. What is a constant is made again and not loaded; an argument already waits in the slot
that its conversion left it in. The cost is the weights of the blocks that read or write it, over a
power of its neighbours: which power serves best differs, so several are tried (Bernstein), and the
cheapest result is taken.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from .code import Block, Branch, Function, Ins, Return
from .liveness import bits, live_out
from .target import Target

POWERS = (1.0, 2.0, 0.5)  # of the number of neighbours, in the price of keeping a value


@dataclass
class _Memory:
    """What was spilled so far."""

    slots: int
    # of a register made by spilling: the slot its value lies in, or None if it lives for one use
    home: dict[int, int | None] = field(default_factory=dict)

    def settled(self, register: int) -> bool:
        """Whether it cannot be spilled any further."""
        return register in self.home and self.home[register] is None


def allocate(function: Function, target: Target) -> tuple[list[int], int]:
    """Colours by register, and the number of slots. Changes the function."""
    best: tuple[float, Function, list[int], int] | None = None
    for power in POWERS:
        tried = function.copied()
        colour, slots = _allocate(tried, target, power)
        cost = sum(block.weight * len(block.ins) for block in tried.blocks)
        if best is None or cost < best[0]:
            best = cost, tried, colour, slots
        if not any(ins.op == "spill" for block in tried.blocks for ins in block.ins):
            break  # nothing went to memory: another order gains nothing
    assert best is not None
    function.blocks, function.registers = best[1].blocks, best[1].registers
    check(function, best[2])
    return best[2], best[3]


def _allocate(function: Function, target: Target, power: float) -> tuple[list[int], int]:
    memory = _Memory(max(len(function.parameters), 1))
    while True:
        graph = interference(function)
        if _coalesce(function, graph, len(target.free) + len(target.kept), memory):
            graph = interference(function)
        colour, failed = _colour(function, target, graph, memory, power)
        if not failed:
            return colour, memory.slots
        blocks = _blocks_of(function)
        for register in failed:
            _spill(function, register, blocks[register], memory)


def interference(function: Function) -> list[int]:
    """By register, its neighbours as a mask."""
    graph = [0] * function.registers
    out = live_out(function)
    for block in function.blocks:
        live = out[block.number]
        for register in block.end_uses():
            live |= 1 << register
        for ins in reversed(block.ins):
            if ins.dst is not None:
                live &= ~(1 << ins.dst)
                others = live
                if ins.op == "copy" and isinstance(ins.args[0], int):
                    others &= ~(1 << ins.args[0])
                graph[ins.dst] |= others
            for register in ins.uses():
                live |= 1 << register
    # what is live at the entry holds garbage, but each its own
    return _both_ways(graph)


def _both_ways(graph: list[int]) -> list[int]:
    """Each is a neighbour of its neighbours."""
    if not graph:  # a function without a value
        return []
    size = -(-len(graph) // 8)
    rows = np.frombuffer(b"".join(row.to_bytes(size, "little") for row in graph), np.uint8)
    matrix = np.unpackbits(rows.reshape(-1, size), axis=1, bitorder="little")[:, : len(graph)]
    packed = np.packbits(matrix | matrix.T, axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def _coalesce(function: Function, graph: list[int], k: int, memory: _Memory) -> bool:
    """Makes one of a copy's source and result, where that cannot cost a colour; whether any is.

    Changes the graph on the way.
    """
    parent = list(range(function.registers))

    def root(register: int) -> int:
        while parent[register] != register:
            register = parent[register]
        return register

    copies = [
        (block.weight, ins)
        for block in function.blocks
        for ins in block.ins
        if ins.op == "copy" and isinstance(ins.args[0], int)
    ]
    united = False
    many = sum(1 << r for r, mask in enumerate(graph) if mask.bit_count() >= k)
    for _, ins in sorted(copies, key=lambda pair: -pair[0]):
        assert ins.dst is not None and isinstance(ins.args[0], int)
        a, b = root(ins.dst), root(ins.args[0])
        if a == b or graph[a] >> b & 1 or a in memory.home or b in memory.home:
            continue
        both = graph[a] | graph[b]
        if (both & many).bit_count() >= k:
            continue
        united = True
        parent[b] = a
        graph[a] = both
        for n in bits(graph[b]):
            graph[n] = graph[n] & ~(1 << b) | 1 << a
        many = many & ~(1 << a) | (both.bit_count() >= k) << a
        graph[b] = 0
    if not united:
        return False
    for block in function.blocks:
        for ins in block.ins:
            ins.args = tuple(root(a) if isinstance(a, int) else a for a in ins.args)
            if ins.dst is not None:
                ins.dst = root(ins.dst)
        end = block.end
        if isinstance(end, Branch):
            end.a = root(end.a) if isinstance(end.a, int) else end.a
            end.b = root(end.b) if isinstance(end.b, int) else end.b
        elif isinstance(end, Return) and isinstance(end.value, int):
            end.value = root(end.value)
        block.ins = [ins for ins in block.ins if not (ins.op == "copy" and ins.args == (ins.dst,))]
    return True


def _costs(function: Function, memory: _Memory) -> list[float]:
    cost = [0.0] * function.registers
    for block in function.blocks:
        for ins in block.ins:
            for register in ins.uses():
                cost[register] += block.weight
            if ins.dst is None or ins.op in ("const", "param"):
                continue
            if ins.op != "reload" or ins.dst not in memory.home:
                cost[ins.dst] += block.weight
        for register in block.end_uses():
            cost[register] += block.weight
    return [float("inf") if memory.settled(r) else c + 0.01 for r, c in enumerate(cost)]


def _colour(
    function: Function, target: Target, graph: list[int], memory: _Memory, power: float
) -> tuple[list[int], list[int]]:
    """Colours, and the registers that found none."""
    palette = (*target.free, *target.kept)
    cost = _costs(function, memory)
    left = {r for r in range(function.registers) if graph[r] or cost[r] > 0.01}
    degree = {r: graph[r].bit_count() for r in left}
    present = sum(1 << r for r in left)
    stack = []
    low = [r for r in left if degree[r] < len(palette)]
    while left:
        while low:
            register = low.pop()
            if register in left:
                break
        else:
            register = min(left, key=lambda r: (cost[r] / max(degree[r], 1) ** power, r))
        stack.append(register)
        left.remove(register)
        present &= ~(1 << register)
        for n in bits(graph[register] & present):
            degree[n] -= 1
            if degree[n] == len(palette) - 1:
                low.append(n)
    hints: dict[int, list[int]] = defaultdict(list)
    for block in function.blocks:
        for ins in block.ins:
            if ins.op == "copy" and ins.dst is not None and isinstance(ins.args[0], int):
                hints[ins.dst].append(ins.args[0])
                hints[ins.args[0]].append(ins.dst)
    colour = [-1] * function.registers
    having = dict.fromkeys(palette, 0)  # by colour, the registers that have it, as a mask
    failed = []
    while stack:
        register = stack.pop()
        wanted = [colour[h] for h in hints[register] if colour[h] >= 0]
        for c in (*wanted, *palette):
            if not graph[register] & having[c]:
                colour[register] = c
                having[c] |= 1 << register
                break
        else:
            failed.append(register)
    return colour, failed


def _blocks_of(function: Function) -> list[list[Block]]:
    """By register, the blocks that read or write it, in order."""
    found: list[list[Block]] = [[] for _ in range(function.registers)]
    for block in function.blocks:
        here = set(block.end_uses())
        for ins in block.ins:
            here.update(ins.uses())
            if ins.dst is not None:
                here.add(ins.dst)
        for register in here:
            found[register].append(block)
    return found


def _spill(function: Function, register: int, blocks: list[Block], memory: _Memory) -> None:
    """Keeps a register in memory: at first with a reload for each block, then for each use."""
    written = [ins for block in blocks for ins in block.ins if ins.dst == register]
    again = {ins.k for ins in written if ins.op == "const"}
    constant = len(again) == 1 and all(ins.op == "const" for ins in written)
    argument = [ins.k for ins in written if ins.op == "param"]
    by_use = register in memory.home
    slot = memory.home.get(register)
    if slot is None:
        slot = argument[0] if argument else memory.slots
        if not argument and not constant:
            memory.slots += 1
    first = next((ins for ins in function.blocks[0].ins if ins.op == "param"), None)

    def anew(use: bool) -> int:
        made = function.new()
        memory.home[made] = None if use or (constant and by_use) else slot
        return made

    def load(now: int) -> Ins:
        if constant:
            return Ins("const", now, (), next(iter(again)))
        return Ins("reload", now, (), slot)

    for block in blocks:
        out: list[Ins] = []
        now = -1
        for ins in block.ins:
            if ins.op == "spill" and ins.args == (register,) and now >= 0:
                ins.args = (now,)  # just written, and on its way to the slot
            elif ins.op == "copy" and ins.args == (register,):
                assert ins.dst is not None
                ins = load(ins.dst)
            elif register in ins.args:
                if now < 0 or by_use:
                    now = anew(by_use)
                    out.append(load(now))
                ins.args = tuple(now if a == register else a for a in ins.args)
            if ins.dst != register:
                out.append(ins)
            elif ins.op == "param" and ins is not first:
                ins.dst = None  # it waits in its slot already
                out.append(ins)
            elif ins.op == "copy" and not by_use:
                out.append(Ins("spill", None, ins.args, slot))
                now = -1
            elif not constant and not (by_use and ins.op == "reload" and ins.k == slot):
                now = anew(by_use)
                ins.dst = now
                out.append(ins)
                if not by_use:
                    out.append(Ins("spill", None, (now,), slot))
        if register in block.end_uses():
            if now < 0 or by_use:
                now = anew(by_use)
                out.append(load(now))
            _in_end(block, register, now)
        block.ins = out


def _in_end(block: Block, register: int, now: int) -> None:
    end = block.end
    if isinstance(end, Branch):
        end.a = now if end.a == register else end.a
        end.b = now if end.b == register else end.b
    elif isinstance(end, Return):
        end.value = now


def check(function: Function, colour: list[int]) -> None:
    """Each value in a register of its own for as long as it is wanted, or this is a bug of ours."""
    for register, neighbours in enumerate(interference(function)):
        for other in bits(neighbours):
            assert colour[register] != colour[other] or colour[register] < 0, (
                f"{function.name}: v{register} and v{other} share register {colour[register]}"
            )
