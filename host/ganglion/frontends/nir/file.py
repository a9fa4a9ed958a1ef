"""The bytes of a `.nir` file (HDF5), as plain records.

In:  the path of a file that nir 0.1 to 1.0.8 wrote.
Out: a RawGraph: nodes with their type and arrays, nested graphs, edges; sorted, without repeats.
Never: judges what a node means; trusts a size; hangs or crashes as HDF5 may on damaged bytes.
"""

import importlib.util
import os
import pickle
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import GanglionError

MOST_VALUES = 1 << 26  # of one array: beyond any network that a board could hold
MOST_NODES = 4096
DEEPEST = 8  # graphs within graphs
PATIENCE = 20.0  # seconds for HDF5 to read a file
Array = NDArray[Any]


class NirError(GanglionError):
    """The file is not a NIR graph that can be read, understood and run."""


@dataclass(frozen=True, slots=True)
class RawNode:
    """One node as the file has it: arrays and texts by name, nothing converted."""

    name: str  # with the names of the graphs that it lies in, divided by slashes
    type: str
    values: dict[str, Array | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawGraph:
    """A graph as the file has it. Nested graphs are nodes of this type."""

    name: str
    nodes: dict[str, "RawNode | RawGraph"]
    edges: tuple[tuple[str, str], ...]
    version: str = ""  # of the package that wrote the file


def read(path: Path) -> RawGraph:
    """The graph of a file. Raises NirError.

    HDF5 runs in a process of its own: on a damaged file it may crash, or never come back.
    """
    if importlib.util.find_spec("h5py") is None:
        raise NirError(
            f"{path} is a NIR file, and h5py is not installed", "pip install 'ganglion[nir]'"
        )
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise NirError(f"{path} cannot be read: {error.strerror}", "check the path") from None
    result = _Reader.ask(path.absolute())
    if isinstance(result, str):
        raise _broken(path, result)
    if isinstance(result, RawGraph):
        return result
    fact, remedy = result
    raise NirError(f"{path}: {fact}", remedy) if remedy else _broken(path, fact)


class _Reader:
    """A process that reads one file after the other, until one of them is not whole."""

    _idle: ClassVar[list["_Reader"]] = []  # a thread that reads takes one out

    @classmethod
    def ask(cls, path: Path) -> "RawGraph | tuple[str, str] | str":
        """What read_here gives, or why nothing came."""
        while cls._idle:
            reader = cls._idle.pop()
            # What a fork inherited is its parent's.
            if reader._owner == os.getpid() and reader._process.poll() is None:
                break
        else:
            reader = cls()
        result: RawGraph | tuple[str, str] | str = ""
        try:
            result = reader.read(path)
        finally:
            if isinstance(result, RawGraph):
                cls._idle.append(reader)
            else:  # what HDF5 is like after such a file, nobody knows
                reader._process.kill()
                reader._process.communicate()
        return result

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.hdf5"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._late = False

    def read(self, path: Path) -> "RawGraph | tuple[str, str] | str":
        """As `ask`, of this process."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked and told
        timer = threading.Timer(PATIENCE, self._give_up)
        timer.start()
        try:
            asked.write(os.fsencode(path).hex().encode() + b"\n")
            asked.flush()
            result: RawGraph | tuple[str, str] = pickle.load(told)
        except (OSError, EOFError, pickle.UnpicklingError):
            if self._late:
                return f"HDF5 has not read it in {PATIENCE} s"
            return f"HDF5 ended with code {self._process.wait()}"
        finally:
            timer.cancel()
        return result

    def _give_up(self) -> None:
        self._late = True
        self._process.kill()


def read_here(path: Path) -> RawGraph | tuple[str, str]:
    """The graph, or a fact and a remedy; without a remedy if the file is not whole."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            version = _text(file["version"]) if "version" in file else ""
            node = file.get("node")
            if not isinstance(node, h5py.Group):
                return "it has no graph", ""
            return _graph(node, "", version, 0)
    except NirError as error:
        return error.fact, error.remedy
    except Exception as error:  # whatever h5py makes of damaged bytes
        return (str(error).splitlines() or [""])[0][:120], ""


def _broken(path: Path, why: str) -> NirError:
    return NirError(
        f"{path} is not a whole NIR file: {why or 'HDF5 cannot read it'}",
        "write it again: a nir.write that failed leaves a truncated file behind",
    )


def _graph(group: Any, name: str, version: str, depth: int) -> RawGraph:
    where = f"node {name}: " if name else ""
    if depth > DEEPEST:
        raise NirError(f"{where}graphs lie {depth} deep", "flatten them before nir.write")
    kind = _text(group["type"]) if "type" in group else ""
    if kind != "NIRGraph":
        raise NirError(
            f"{where}the type of the graph is {kind!r}, not 'NIRGraph'", "write it with nir.write"
        )
    members = group["nodes"]
    if len(members) > MOST_NODES:
        raise NirError(f"{where}{len(members)} nodes", f"use at most {MOST_NODES}")
    nodes: dict[str, RawNode | RawGraph] = {}
    for key in sorted(members):
        full = f"{name}/{key}" if name else key
        member = members[key]
        if not hasattr(member, "keys") or "type" not in member:
            raise NirError(
                f"node {full} has no type",
                "write the file again: a nir.write that failed leaves such a file behind",
            )
        if _text(member["type"]) == "NIRGraph":
            nodes[key] = _graph(member, full, version, depth + 1)
        else:
            nodes[key] = _node(member, full)
    return RawGraph(name, nodes, _edges(group, where, nodes), version)


def _edges(group: Any, where: str, nodes: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Sorted, each once: writers keep them in a set, and some twice."""
    raw = group["edges"]
    if raw.size > 2 * MOST_NODES * MOST_NODES or (raw.size and raw.shape[1:] != (2,)):
        raise NirError(f"{where}the edges have the shape {raw.shape}", "write pairs of node names")
    values = raw[()]
    pairs = {(_plain(a), _plain(b)) for a, b in values.reshape(-1, 2)} if raw.size else set()
    for pair in sorted(pairs):
        for end in pair:
            if end not in nodes:
                raise NirError(
                    f"{where}an edge leads from {pair[0]} to {pair[1]}, and there is no node {end}",
                    "write the graph with all its nodes",
                )
    return tuple(sorted(pairs))


def _node(group: Any, name: str) -> RawNode:
    values: dict[str, Array | str] = {}
    for key in sorted(group):
        if key == "type":
            continue
        item = group[key]
        if not hasattr(item, "dtype"):
            continue  # metadata, which no tool gives a meaning
        if item.size is None or item.size > MOST_VALUES:
            raise NirError(
                f"node {name}: {key} has the shape {item.shape}",
                f"use at most {MOST_VALUES} values in one parameter",
            )
        if item.dtype.kind in "OSU":
            if item.shape != ():
                raise NirError(f"node {name}: {key} is a list of texts", "write numbers")
            values[key] = _text(item)
        elif item.dtype.kind in "fiub":
            values[key] = np.asarray(item[()])
        else:
            raise NirError(f"node {name}: {key} is of type {item.dtype}", "write real numbers")
    return RawNode(name, _text(group["type"]), values)


def _text(item: Any) -> str:
    return _plain(item[()])


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
