"""Assembler: instructions whose length depends on how far they jump, as bytes.

In:  items in order: bytes that are finished, labels, jumps and branches to labels.
Out: the bytes.
Never: knows a machine: each jump brings the forms it can take, shortest first.

A form is a length and a function of the distance from the instruction to its label, which answers
with bytes, or None if the label is too far. All jumps begin short; each that does not reach is made
longer, until all reach. What was made longer stays so, hence this ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import ToolError

Form = tuple[int, Callable[[int], bytes | None]]


@dataclass(frozen=True, slots=True)
class Label:
    """A place to jump to."""

    name: str


@dataclass(frozen=True, slots=True)
class Leap:
    """A jump or a branch."""

    to: str
    forms: tuple[Form, ...]


Item = bytes | Label | Leap


def assemble(items: Sequence[Item], start: int = 0) -> bytes:
    """The bytes of the items, the first of which lies at `start`."""
    chosen = [0] * len(items)
    while True:
        at, where, places = start, {}, []
        for item, form in zip(items, chosen, strict=True):
            places.append(at)
            if isinstance(item, Label):
                where[item.name] = at
            else:
                at += len(item) if isinstance(item, bytes) else item.forms[form][0]
        out: list[bytes] = []
        longer = False
        for k, item in enumerate(items):
            if isinstance(item, bytes):
                out.append(item)
            elif isinstance(item, Leap):
                code = item.forms[chosen[k]][1](where[item.to] - places[k])
                if code is None:
                    chosen[k] += 1
                    longer = True
                    if chosen[k] == len(item.forms):
                        raise ToolError("a function is too long to jump across", "divide it")
                else:
                    out.append(code)
        if not longer:
            return b"".join(out)
