"""Text: the bytes of a genome file as JSON values, within limits.

In:  bytes of any origin.
Out: a JSON object made of dict, list, str, int, float, bool and None; every number is finite.
Never: recursion deeper than the limit, NaN, or a traceback for bytes that are not a genome.
"""

import json
import math
import re
from collections.abc import Iterable

from ..errors import GenomeError
from .notice import Notices
from .policy import Policy

MAX_DIGITS = 400
"""Longest run of digits: the largest double has 309, and longer ones cost quadratic time."""

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

ENCODING_REMEDY = "save the genome as UTF-8 JSON"


def decode(data: bytes, policy: Policy, notices: Notices) -> dict[str, object]:
    """The JSON object in `data`. Raises GenomeError for anything else."""
    if len(data) > policy.max_bytes:
        raise GenomeError(
            f"the file has {len(data)} bytes and the limit is {policy.max_bytes}",
            "check that it is a genome, or raise the policy max_bytes",
        )
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    _check_shape(data, policy)

    def pairs(items: Iterable[tuple[str, object]]) -> dict[str, object]:
        result: dict[str, object] = {}
        for key, value in items:
            if key in result:
                notices.warning(
                    "duplicate-key",
                    "$",
                    f"the key {shorten(key)} occurs twice in one object",
                    "the last one counts; remove the other",
                )
            result[key] = value
        return result

    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise GenomeError(
            f"byte {error.start} of the file is not UTF-8", ENCODING_REMEDY
        ) from error
    except json.JSONDecodeError as error:
        raise GenomeError(
            f"the file is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            "repair the file, or export the genome again",
        ) from error
    if not isinstance(value, dict):
        raise GenomeError(
            f"the file holds {kind(value)} and a genome is an object",
            "check that the file is a genome",
        )
    return value


def _check_shape(data: bytes, policy: Policy) -> None:
    """Refuses nesting and numbers that would cost stack or time, before they are parsed."""
    depth = 0
    for match in _BRACKETS.finditer(data):
        mark = match.group()
        if mark in b"[{":
            depth += 1
            if depth > policy.max_nesting:
                raise GenomeError(
                    f"lists and objects are nested deeper than {policy.max_nesting} "
                    f"at byte {match.start()}",
                    "check that the file is a genome",
                )
        elif mark in b"]}":
            depth -= 1
    if found := _LONG_NUMBER.search(data):
        raise GenomeError(
            f"byte {found.start()} begins a run of more than {MAX_DIGITS} digits",
            "check that the file is a genome",
        )


def _refuse_constant(name: str) -> object:
    raise GenomeError(f"the file holds {name}, which JSON does not have", "write a finite number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise GenomeError(f"the number {shorten(text)} is too large", "write a finite number")
    return value


def child(path: str, key: str | int) -> str:
    """The JSON path of a member: `$.blueprint`, `$.x[0]`, `$.x["a-b"]`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _SIMPLE_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f"{path}[{shorten(key, 80)}]"


def shorten(value: object, width: int = 40) -> str:
    """A value as it would stand in JSON, cut to `width` characters and free of control codes."""
    if isinstance(value, str) and len(value) > 2 * width:
        value = value[: 2 * width]
    elif isinstance(value, dict | list):
        value = f"{kind(value)} of {len(value)}"
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= width else text[: width - 3] + "..."


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"
