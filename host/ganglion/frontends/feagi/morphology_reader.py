"""Morphologies: the connection rules that a genome defines, and those that FEAGI adds.

In:  `neuron_morphologies`: with a type, or in the old form that has only parameters.
Out: Morphology by name; the core ones are there even if the file lacks them.
Never: refuses a morphology that no rule uses (development reports those that one does).
"""

from ...notices import Notices
from .json_text import child, kind, shorten
from .mapping_reader import renamed
from .morphology import Element, Morphology, Pattern
from .policy import Policy

TYPES = ("vectors", "patterns", "functions", "composite")

_ALL: tuple[Element, Element, Element] = ("*", "*", "*")
_ORIGIN: tuple[Element, Element, Element] = (0, 0, 0)


def core() -> dict[str, Morphology]:
    """What every FEAGI brain has. `all_to_all` is not added by FEAGI but is in every file."""
    found = {"block_to_block": Morphology("block_to_block", "vectors", vectors=((0, 0, 0),))}
    for name in ("projector", "episodic_memory", "memory_replay", "associative_memory"):
        found[name] = Morphology(name, "functions")
    found["all_to_0-0-0"] = Morphology("all_to_0-0-0", "patterns", patterns=((_ALL, _ORIGIN),))
    found["0-0-0_to_all"] = Morphology("0-0-0_to_all", "patterns", patterns=((_ORIGIN, _ALL),))
    found["all_to_all"] = Morphology("all_to_all", "patterns", patterns=((_ALL, _ALL),))
    for axis in range(3):
        for sign, step in (("+", 1), ("-", -1)):
            name = f"lateral_{sign}{'xyz'[axis]}"
            x, y, z = (step if i == axis else 0 for i in range(3))
            found[name] = Morphology(name, "vectors", vectors=((x, y, z),))
    return found


def read_morphologies(
    value: object, path: str, policy: Policy, notices: Notices
) -> dict[str, Morphology]:
    """The morphologies of a file over the core ones."""
    found = core()
    if value is None:
        return found
    if not isinstance(value, dict):
        notices.error(
            "wrong-type", path, f"the morphologies are {kind(value)}", "write an object of them"
        )
        return found
    parts = 0
    for name, entry in value.items():
        parts += _count_parts(entry)
        if parts > policy.max_parts:
            notices.error(
                "too-large", child(path, name),
                f"with this morphology there are {parts} vectors and patterns, "
                f"and the limit is {policy.max_parts}",
                "check that the file is a genome, or raise the policy max_parts",
            )  # fmt: skip
            break
        morphology = _read(renamed(name), entry, child(path, name), notices)
        if morphology is not None:
            found[morphology.name] = morphology
    return found


def _read(name: str, entry: object, path: str, notices: Notices) -> Morphology | None:
    if not isinstance(entry, dict):
        notices.warning(
            "malformed-morphology", path, f"the morphology {shorten(name)} is {kind(entry)}",
            "write an object with type and parameters",
        )  # fmt: skip
        return None
    parameters = entry.get("parameters", entry)
    parameters = parameters if isinstance(parameters, dict) else {}
    type_ = entry.get("type")
    if type_ is None:
        # The form before 2.0's types: the parameter's name is the type.
        type_ = next((t for t in ("vectors", "patterns", "functions") if t in parameters), "none")
    if type_ == "vectors":
        vectors = _vectors(parameters.get("vectors"), child(path, "vectors"), name, notices)
        return Morphology(name, type_, vectors=vectors, path=path)
    if type_ == "patterns":
        patterns = _patterns(parameters.get("patterns"), child(path, "patterns"), name, notices)
        return Morphology(name, type_, patterns=patterns, path=path)
    if type_ not in TYPES and type_ != "none":
        notices.warning(
            "malformed-morphology", path,
            f"the morphology {shorten(name)} has the unknown type {shorten(type_)}",
            f"use one of {', '.join(TYPES)}",
        )  # fmt: skip
        return Morphology(name, "unknown", path=path)
    return Morphology(name, str(type_), path=path)


def _count_parts(entry: object) -> int:
    """The morphology itself, and its vectors or patterns."""
    if not isinstance(entry, dict):
        return 1
    parameters = entry.get("parameters", entry)
    lists = parameters.values() if isinstance(parameters, dict) else ()
    return 1 + sum(len(value) for value in lists if isinstance(value, list))


def _listed(value: object, path: str, name: str, notices: Notices) -> list[object]:
    if not isinstance(value, list):
        notices.warning(
            "malformed-morphology", path,
            f"the morphology {shorten(name)} has {kind(value)} instead of a list",
            "write a list",
        )  # fmt: skip
        return []
    return value


def _vectors(
    value: object, path: str, name: str, notices: Notices
) -> tuple[tuple[int, int, int], ...]:
    vectors = []
    for i, vector in enumerate(_listed(value, path, name, notices)):
        if not isinstance(vector, list) or len(vector) != 3 or not all(map(_is_i32, vector)):
            _bad_part(name, child(path, i), vector, "write three integers", notices)
            continue
        x, y, z = vector
        vectors.append((x, y, z))
    return tuple(vectors)


def _patterns(value: object, path: str, name: str, notices: Notices) -> tuple[Pattern, ...]:
    listed = _listed(value, path, name, notices)
    if len(listed) == 2 and all(_element_triple(part) is not None for part in listed):
        listed = [listed]  # the old form: one pair, not a list of pairs
    patterns = []
    for i, pair in enumerate(listed):
        triples = [_element_triple(part) for part in pair] if isinstance(pair, list) else []
        if len(triples) != 2 or triples[0] is None or triples[1] is None:
            _bad_part(
                name, child(path, i), pair,
                "write [source, target], each of three integers or *, ?, !", notices,
            )  # fmt: skip
            continue
        if any(isinstance(element, int) and element < 0 for element in triples[0] + triples[1]):
            notices.warning(
                "malformed-morphology", child(path, i),
                f"a pattern of {shorten(name)} has a negative coordinate, which nothing meets",
                "write coordinates from 0",
            )  # fmt: skip
        patterns.append((triples[0], triples[1]))
    return tuple(patterns)


def _element_triple(part: object) -> tuple[Element, Element, Element] | None:
    if not isinstance(part, list) or len(part) != 3:
        return None
    elements: list[Element] = []
    for element in part:
        if isinstance(element, str) and element in ("*", "?", "!"):
            elements.append(element)
        elif _is_i32(element):
            elements.append(int(element))
        else:
            return None
    x, y, z = elements
    return x, y, z


def _is_i32(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def _bad_part(name: str, path: str, part: object, remedy: str, notices: Notices) -> None:
    notices.warning(
        "malformed-morphology",
        path,
        f"{shorten(part)} of the morphology {shorten(name)} is not readable and is left out",
        remedy,
    )
