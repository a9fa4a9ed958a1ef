"""Brains: any file that a person names, as a brain.

In:  the path of a blob, a genome, a connectome or a NIR file (with what its user says of it).
Out: a network in integers, and its blob.
Never: guesses what a file is but by its suffix and its first bytes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .blob.container import decode
from .compiler import LayeredBrain, compile_connectome, compile_layers
from .errors import BlobError
from .files import read_bytes
from .frontends.nir.facts import Facts, facts
from .frontends.read import connectome_of
from .network.model import QuantizedNetwork

if TYPE_CHECKING:
    from .frontends.nir.model import Model

RECORDING = b"\x89GBR\r\n\x1a\n"  # SPEC.md 8
CONNECTOMES = (".json", ".npz")
NIR_SUFFIX = ".nir"


@dataclass(frozen=True, slots=True)
class NirMeaning:
    """What a user says of a NIR file: the tool, its time step, and what else it does not hold."""

    source: str | None = None
    dt: float | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> Facts:
        """Raises NirError if the source is not said, or a fact makes no sense."""
        return facts(self.source, self.said, self.dt)


_MEANING: ContextVar[NirMeaning | None] = ContextVar("nir_meaning", default=None)


@contextmanager
def nir_meaning(meaning: NirMeaning) -> Iterator[None]:
    """Under it, NIR files mean this. Each open file of one call has one meaning."""
    token = _MEANING.set(meaning)
    try:
        yield
    finally:
        _MEANING.reset(token)


def said_of_nir() -> NirMeaning:
    """What the user said of NIR files."""
    return _MEANING.get() or NirMeaning()


def nir_model(path: Path) -> "Model":
    """What a NIR file means. Raises NirError with the question that its user must answer."""
    from .frontends.nir.model import load

    return load(path, said_of_nir().facts())


def nir_brain(path: Path, bits: int = 8, *, board: str = "", counter: int = 0) -> LayeredBrain:
    """The brain of a NIR file. Raises NirError with the question that its user must answer."""
    from .frontends.nir.lower import lower

    return compile_layers(lower(nir_model(path)), bits, board=board, counter=counter)


def nir_pair(path: Path, bits: int = 8) -> "tuple[Model, LayeredBrain]":
    """What a NIR file means, and its brain. Raises NirError."""
    from .frontends.nir.lower import lower

    model = nir_model(path)
    return model, compile_layers(lower(model), bits)


def network_of(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The network of a blob, and the blob; a NIR file is compiled first. Raises BlobError, which
    names the file, or NirError."""
    if path.suffix == NIR_SUFFIX:
        made = nir_brain(path)
        return made.network, made.blob
    blob = read_bytes(path)
    if blob.startswith(RECORDING):
        raise BlobError(
            f"{path} is a recording, and not a brain",
            "`ganglion replay`, `plot` and `export` read it",
        )
    if blob[:1].strip() == b"{" or blob.startswith(b"PK\x03\x04"):
        kind, end = ("genome", ".json") if blob.startswith(b"{") else ("connectome", ".npz")
        if path.suffix == end:
            raise BlobError(
                f"{path} is a {kind}, and this takes a brain that was compiled",
                f"run `ganglion compile {path}`, and give what it writes",
            )
        raise BlobError(
            f"{path} looks like a {kind}, and its name does not end in {end}",
            "rename it, and it is compiled",
        )
    try:
        return decode(blob), blob
    except BlobError as error:
        raise BlobError(f"{path}: {error.fact}", error.remedy) from None


def open_brain(path: Path) -> tuple[QuantizedNetwork, bytes]:
    """The brain of a .gbn file; a genome, a connectome or a NIR file is compiled first."""
    if path.suffix in CONNECTOMES:
        brain = compile_connectome(connectome_of(path)[0])
        return brain.network, brain.blob
    return network_of(path)
