"""What a host says of each blob that breaks one rule of SPEC, and that it takes those at the edge.

What a board says of the same: tests/firmware/load/test_codes.py.
"""

from collections.abc import Iterator
from importlib import import_module

import pytest

from ganglion.blob.container import decode
from ganglion.errors import BlobError

KINDS = ("learning", "robots", "layers")


def of_kind(kind: str) -> Iterator[tuple[str, bytes, str]]:
    """Name, blob, words of its refusal."""
    for part in import_module(f"tests.support.refusals_of_{kind}").PARTS:
        for name, blob, _, _, told in part():
            yield name, blob.sealed(), told


def of_the_rest() -> Iterator[tuple[str, bytes, str]]:
    others = {name for kind in KINDS for name, _, _ in of_kind(kind)}
    for name, case in import_module("tests.support.refusals").cases().items():
        if name not in others:
            yield name, case.blob, case.host


@pytest.mark.parametrize("kind", [*KINDS, "the rest"])
def test_a_host_refuses_each_in_words(kind):
    wrong = {}
    for name, blob, told in of_the_rest() if kind == "the rest" else of_kind(kind):
        try:
            decode(blob)
            said = ""
        except BlobError as error:
            said = str(error)
        if bool(said) != bool(told) or told not in said:
            wrong[name] = said
    assert wrong == {}
