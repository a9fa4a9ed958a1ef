"""Text: the bytes of a genome file as JSON values, within limits.

In:  bytes of any origin.
Out: a JSON object made of dict, list, str, int, float, bool and None; every number is finite.
Never: recursion deeper than the limit, NaN, or a traceback for bytes that are not a genome.
"""

import json
import math
import re
from collections import Counter

import numpy as np

from ...errors import GenomeError
from ...notices import Notices
from .policy import Policy

LONGEST_NAME = 256
LONGEST_ID = 64
"""FEAGI's ids have 8 bytes; its examples have a few more."""

_SIMPLE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_STEP = np.zeros(256, dtype=np.int8)  # how a byte outside a string changes the nesting
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1


def decode(data: bytes, policy: Policy, notices: Notices) -> dict[str, object]:
    """The JSON object in `data`. Raises GenomeError for anything else."""
    if len(data) > policy.max_bytes:
        raise GenomeError(
            f"the file has {len(data)} bytes and the limit is {policy.max_bytes}",
            "check that it is a genome, or raise the policy max_bytes",
        )
    data = data.removeprefix(b"\xef\xbb\xbf")
    if (depth := nesting(data)) > policy.max_nesting:
        raise GenomeError(
            f"lists and objects are nested {depth} deep and the limit is {policy.max_nesting}",
            "check that the file is a genome, or raise the policy max_nesting",
        )

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(items)
        if len(result) < len(items):
            counts = Counter(key for key, _ in items)
            twice = next(key for key, times in counts.items() if times > 1)
            notices.warning(
                "duplicate-key",
                "$",
                f"the key {shorten(twice)} occurs more than once in an object",
                "the last one counts; remove the others",
            )
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
            f"byte {error.start} of the file is not UTF-8", "save the genome as UTF-8 JSON"
        ) from error
    except json.JSONDecodeError as error:
        raise GenomeError(
            f"the file is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
            "repair the file, or export the genome again",
        ) from error
    except (ValueError, RecursionError) as error:
        # Python refuses integers of more than 4300 digits; nesting can only be raised by policy.
        raise GenomeError(
            f"the file holds what no genome holds: {str(error).partition(';')[0]}",
            "check that the file is a genome",
        ) from error
    if not isinstance(value, dict):
        raise GenomeError(
            f"the file holds {kind(value)} and a genome is an object",
            "check that the file is a genome",
        )
    return value


def nesting(data: bytes) -> int:
    """How deep lists and objects are nested, at most. For JSON; else any number."""
    plain = data.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
    codes = np.frombuffer(plain, dtype=np.uint8)
    outside = (np.cumsum(codes == ord('"'), dtype=np.int32) & 1) == 0
    return int(np.cumsum(_STEP[codes] * outside, dtype=np.int32).max(initial=0))


def clean(text: str) -> str:
    """A name that can be printed and encoded: control codes and lone surrogates are replaced,
    and no more than LONGEST_NAME characters are kept."""
    text = text[:LONGEST_NAME]
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)


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
    if isinstance(value, dict | list):
        return f"{kind(value)} of {len(value)}"
    if isinstance(value, str):
        value = value[: 2 * width]
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= width else text[: width - 3] + "..."


def described(value: object) -> str:
    """A value and what it is: `"x" is text`, `the value is a list of 2`."""
    if isinstance(value, dict | list):
        return f"the value is {shorten(value)}"
    return f"{shorten(value)} is {kind(value)}"


def count(number: int, noun: str) -> str:
    """1 neuron, 2 neurons."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


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
