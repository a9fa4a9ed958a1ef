"""Mutants: a source with one change each, by cosmic-ray's operators; what is known of some.

In:  the text of a module; tools/mutation.toml.
Out: texts; the lines in which two differ; by module, the mutants that no test can kill, and why.
Never: runs one; changes the words of @dataclass, frozen and slots: no behaviour hangs on them.
"""

import difflib
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from itertools import accumulate
from typing import Any

from .modules import ROOT

EXPLAINED = ROOT / "tools" / "mutation.toml"
PAIRS = {
    "Comparison": (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is",
    ),
    "Binary": (
        "Add_Sub", "Sub_Add", "Mul_FloorDiv", "FloorDiv_Mul", "Mod_Mul", "Pow_Mul",
        "RShift_LShift", "LShift_RShift", "BitAnd_BitOr", "BitOr_BitAnd",
    ),
    "Unary": ("USub_UAdd", "Delete_Not"),
}  # fmt: skip
OPERATORS = (
    "core/AddNot", "core/ZeroIterationForLoop", "core/NumberReplacer", "core/ReplaceTrueWithFalse",
    "core/ReplaceFalseWithTrue", "core/ReplaceAndWithOr", "core/ReplaceOrWithAnd",
    "core/ReplaceContinueWithBreak", "core/ReplaceBreakWithContinue",
    *(f"core/Replace{kind}Operator_{pair}" for kind, pairs in PAIRS.items() for pair in pairs),
)  # fmt: skip


def mutants(source: str) -> Iterator[str]:
    """The source with one change each."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    tree = get_ast(source)
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    for name in OPERATORS:
        operator = get_operator(name)()
        for node in ast_nodes(tree):
            for index, _ in enumerate(operator.mutation_positions(node)):
                begin, end = (
                    starts[line - 1] + column
                    for line, column in (node.get_start_pos_of_prefix(), node.end_pos)
                )
                changed = operator.mutate(_copy(node), index).get_code()
                changed = source[:begin] + changed + source[end:]
                if changed != source and not _is_of_a_dataclass(source, changed):
                    yield changed


def _copy(node: Any) -> Any:
    """Not of what it is part of: an operator changes what it is given, and only looks beyond."""
    parent, node.parent = node.parent, None
    copied = deepcopy(node)
    node.parent = copied.parent = parent
    return copied


def _is_of_a_dataclass(before: str, after: str) -> bool:
    """Whether the change is in the words of @dataclass, frozen or slots."""
    lines = zip(before.split("\n"), after.split("\n"), strict=False)
    return next(a for a, b in lines if a != b).startswith("@dataclass(")


def difference(before: str, after: str) -> str:
    """The lines that are changed, as one line each."""
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    words = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return " ".join(" ".join(word.split()) for word in words)


def explained() -> dict[str, dict[str, str]]:
    """By module, the survivors that no test can kill, and why."""
    found: dict[str, dict[str, str]] = tomllib.loads(EXPLAINED.read_text())
    return found
