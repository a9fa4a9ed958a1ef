"""Mutants: a source with one change each, by cosmic-ray's operators; what is known of some.

In:  the text of a module; tools/mutation.toml.
Out: texts; the lines in which two differ; by module, the mutants that no test can kill, and why.
Never: runs one.
"""

import difflib
import tomllib
from collections.abc import Iterator

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
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    for name in OPERATORS:
        number = 0
        while (changed := mutate_code(source, get_operator(name)(), number)) is not None:
            number += 1
            if changed != source:
                yield changed


def difference(before: str, after: str) -> str:
    """The lines that are changed, as one line each."""
    lines = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    words = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return " ".join(" ".join(word.split()) for word in words)


def explained() -> dict[str, dict[str, str]]:
    """By module, the survivors that no test can kill, and why."""
    found: dict[str, dict[str, str]] = tomllib.loads(EXPLAINED.read_text())
    return found
