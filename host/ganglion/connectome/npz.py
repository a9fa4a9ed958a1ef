"""Connectome file: a Connectome as the bytes of an .npz, and back.

In:  a Connectome that meets its rules, or bytes of any origin.
Out: exactly one byte string per connectome, which `numpy.load` reads too; or a Connectome.
Never: pickle; compression; believes a length, an index or a number that it has not checked.

The archive is stored, not deflated: its bytes depend on no library, and reading it costs no more
memory than its size. Member `header.npy` holds JSON; the others are the arrays, in field order.
"""

import io
import json
import math
import struct
import zipfile
import zlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConnectomeError
from ..files import write_bytes
from .learning import Learning
from .model import Area, Connectome, Dynamics

FORMAT = "ganglion-connectome"
VERSION = 1
PRECISIONS = ("fp32", "fp16", "int8")
GROUPS = ("CORE", "IPU", "OPU", "CUSTOM", "MEMORY")
REMEDY = "develop the genome again"

NEURON_ARRAYS = {
    "area": "<i4",
    "threshold": "<f4",
    "threshold_limit": "<f4",
    "leak": "<f4",
    "refractory_period": "<u2",
    "consecutive_fire_limit": "<u2",
    "snooze": "<u2",
    "excitability": "<f4",
}
SYNAPSE_ARRAYS = {
    "source": "<i4",
    "target": "<i4",
    "weight": "|u1",
    "psp": "|u1",
    "inhibitory": "|b1",
    "projection": "<i4",
}


def save(connectome: Connectome, path: Path) -> None:
    """Writes the file, whole or not at all. Raises GanglionError."""
    write_bytes(path, encode(connectome))


def load(path: Path) -> Connectome:
    """The connectome in a file. Raises ConnectomeError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConnectomeError(
            f"{path} cannot be read: {error.strerror or error}", "check the path"
        ) from error
    return decode(data)


def encode(connectome: Connectome) -> bytes:
    """The connectome as bytes. Raises ConnectomeError if it breaks a rule."""
    check(connectome)
    header = {
        "format": FORMAT,
        "version": VERSION,
        "neurons": connectome.n_neurons,
        "synapses": connectome.n_synapses,
        "genome_id": connectome.genome_id,
        "title": connectome.title,
        "precision": connectome.precision,
        "timestep": connectome.timestep,
        "power_neuron": connectome.power_neuron,
        "areas": [
            {f.name: _plain(getattr(area, f.name)) for f in fields(Area)}
            for area in connectome.areas
        ],
        "projections": connectome.projections,
    }
    if connectome.learning:
        header["learning"] = connectome.learning.plain()
    text = json.dumps(header, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "header", "|u1", text, len(text))
        for name, dtype in {**NEURON_ARRAYS, **SYNAPSE_ARRAYS}.items():
            array = getattr(connectome, name)
            _add(archive, name, dtype, array.astype(dtype).tobytes(), len(array))
    return buffer.getvalue()


def decode(data: bytes) -> Connectome:
    """The connectome in `data`. Raises ConnectomeError for anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _decode(archive)
    except ConnectomeError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError,
        ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError,
    ) as error:  # fmt: skip
        what = f"{type(error).__name__}: {error}"
        raise ConnectomeError(f"the bytes are not a connectome ({what[:120]})", REMEDY) from error


def _decode(archive: zipfile.ZipFile) -> Connectome:
    names = ["header", *NEURON_ARRAYS, *SYNAPSE_ARRAYS]
    found = [info.filename for info in archive.infolist()]
    _require(found == [f"{name}.npy" for name in names], f"the archive holds {found[:4]}...")
    for info in archive.infolist():
        stored = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 0x1
        _require(stored, f"{info.filename} is compressed or encrypted")
    text = _read(archive, "header", "|u1", None).tobytes()
    header = json.loads(text)
    _require(isinstance(header, dict) and header.get("format") == FORMAT, "the header is foreign")
    version = header["version"]
    if version != VERSION:
        raise ConnectomeError(
            f"the file has version {version!r} and this program reads {VERSION}",
            "develop the genome with this program, or update it",
        )
    neurons, synapses = _count(header["neurons"]), _count(header["synapses"])
    arrays = {name: _read(archive, name, d, neurons) for name, d in NEURON_ARRAYS.items()}
    arrays |= {name: _read(archive, name, d, synapses) for name, d in SYNAPSE_ARRAYS.items()}
    connectome = Connectome(
        genome_id=str(header["genome_id"]),
        title=str(header["title"]),
        precision=header["precision"],
        timestep=header["timestep"],
        areas=tuple(_area(area) for area in header["areas"]),
        power_neuron=header["power_neuron"],
        projections=tuple((int(s), int(t), str(name)) for s, t, name in header["projections"]),
        learning=Learning.of_plain(header["learning"]) if "learning" in header else Learning(),
        **arrays,
    )
    check(connectome)
    return connectome


def check(c: Connectome) -> None:
    """Raises ConnectomeError unless `c` is what development makes: the rules that others use."""
    n = c.n_neurons
    for arrays, length in ((NEURON_ARRAYS, n), (SYNAPSE_ARRAYS, c.n_synapses)):
        for name, dtype in arrays.items():
            array = getattr(c, name)
            _require(array.shape == (length,), f"{name} has the shape {array.shape}")
            _require(array.dtype == np.dtype(dtype), f"{name} has the type {array.dtype}")
    _require(c.precision in PRECISIONS, f"the precision is {c.precision!r}")
    real = isinstance(c.timestep, float | int) and not isinstance(c.timestep, bool)
    _require(real and math.isfinite(c.timestep) and c.timestep > 0, f"a burst of {c.timestep!r} s")
    first = 0
    for i, area in enumerate(c.areas):
        size = math.prod(area.dimensions) * area.neurons_per_voxel
        least = min(*area.dimensions, area.neurons_per_voxel)
        fits = area.first == first and area.count == size and least >= 1
        _require(fits, f"area {i} ({area.id}) lies at {area.first} with {area.count} neurons")
        _require(area.group in GROUPS, f"area {i} has the group {area.group!r}")
        inside = first + size <= n and bool((c.area[first : first + size] == i).all())
        _require(inside, f"neurons {first} to {first + size - 1} are not those of area {i}")
        first += size
    _require(first == n, f"the areas hold {first} neurons of {n}")
    for name in ("threshold", "threshold_limit", "leak", "excitability"):
        _require(bool(np.isfinite(getattr(c, name)).all()), f"{name} is not finite everywhere")
    _require(_within(c.leak, 0, 1), "a leak is outside 0 to 1")
    _require(_within(c.source, 0, n - 1), f"a source is outside 0 to {n - 1}")
    _require(_within(c.target, 0, n - 1), f"a target is outside 0 to {n - 1}")
    _require(bool((np.diff(c.source) >= 0).all()), "the sources do not ascend")
    _require(_within(c.inhibitory.view(np.uint8), 0, 1), "an inhibitory flag is neither 0 nor 1")
    rules = len(c.projections)
    _require(_within(c.projection, 0, rules - 1), f"a projection is outside 0 to {rules - 1}")
    ends = np.array([(s, t) for s, t, _ in c.projections], dtype=np.int64).reshape(-1, 2)
    _require(_within(ends, 0, len(c.areas) - 1), "a projection joins no areas of this connectome")
    joined = ends[c.projection]
    same = (joined[:, 0] == c.area[c.source]) & (joined[:, 1] == c.area[c.target])
    _require(bool(same.all()), "a synapse leaves the areas that its projection joins")
    fault = c.learning.fault(c.area, len(c.areas))
    _require(fault is None, fault or "")
    power = c.power_neuron
    whole = isinstance(power, int) and not isinstance(power, bool)
    _require(power is None or (whole and 0 <= power < n), f"the power neuron is {power!r}")


def _require(ok: bool, fact: str) -> None:
    if not ok:
        raise ConnectomeError(fact, REMEDY)


def _within(array: NDArray[Any], low: int, high: int) -> bool:
    return array.size == 0 or (bool((array >= low).all()) and bool((array <= high).all()))


def _count(value: object) -> int:
    ok = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    _require(ok, f"the header counts {value!r}")
    assert isinstance(value, int)
    return value


def _area(described: dict[str, Any]) -> Area:
    _require(set(described) == {f.name for f in fields(Area)}, "an area has other fields")
    for name in ("id", "name", "group"):
        _require(isinstance(described[name], str), f"the {name} of an area is no text")
    for name in ("neurons_per_voxel", "first", "count"):
        _count(described[name])
    for name in ("mp_charge_accumulation", "mp_driven_psp", "psp_uniform"):
        _require(isinstance(described[name], bool), f"the {name} of an area is no boolean")
    x, y, z = (_count(size) for size in described["dimensions"])
    at_x, at_y, at_z = (int(at) for at in described["position"])
    return Area(**{
        **described,
        "dimensions": (x, y, z),
        "position": (at_x, at_y, at_z),
        "dynamics": Dynamics(described["dynamics"]),
    })  # fmt: skip


def _plain(value: object) -> object:
    return value.value if isinstance(value, Dynamics) else value


# Members --------------------------------------------------------------------------------------


def _npy_header(dtype: str, length: int) -> bytes:
    """The start of an .npy file, version 1.0, padded so that the data is aligned to 64 bytes."""
    described = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({length},), }}".encode()
    described = described.ljust(-(-(len(described) + 11) // 64) * 64 - 11) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(described)) + described


def _add(archive: zipfile.ZipFile, name: str, dtype: str, data: bytes, length: int) -> None:
    info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
    info.create_system = 3  # the same on every system
    info.external_attr = 0o644 << 16
    archive.writestr(info, _npy_header(dtype, length) + data)


def _read(archive: zipfile.ZipFile, name: str, dtype: str, length: int | None) -> NDArray[Any]:
    member = archive.read(f"{name}.npy")
    size = np.dtype(dtype).itemsize
    if length is None:
        length = max(0, len(member) - 128)  # the header's own length is what its text has
    start = _npy_header(dtype, length)
    ok = member.startswith(start) and len(member) == len(start) + length * size
    _require(ok, f"the member {name} is not {length} numbers of type {dtype}")
    return np.frombuffer(member, dtype=dtype, offset=len(start))
