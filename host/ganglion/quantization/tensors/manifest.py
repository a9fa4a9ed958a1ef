"""Manifest: many quantized arrays in two files: JSON that says what, and bytes.

In:  arrays by name.
Out: NAME.json and NAME.bin beside it; from them, the arrays again.
Never: believes a file: names, shapes, offsets, length and SHA-256 are all checked first.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import QuantizeError
from ...files import check_output, write_bytes
from .half import HalfArray
from .quantized import QuantizedArray
from .scheme import Scheme

FORMAT = "ganglion-quantized"
VERSION = 1
Stored = QuantizedArray | HalfArray


def save(path: Path, arrays: Mapping[str, Stored]) -> dict[str, Any]:
    """Write `path` (.json) and the bytes beside it (.bin). Returns the manifest.

    The same arrays always give the same bytes. Raises GanglionError if a file cannot be written.
    """
    check_output(path)
    data, entries, original = b"", [], 0
    for name in sorted(arrays):
        array = arrays[name]
        packed = array.packed()
        entry: dict[str, Any] = {
            "name": name,
            "shape": list(array.shape),
            "offset": len(data),
            "bytes": len(packed),
            "total_bytes": array.nbytes,
            "compression": round(array.compression, 4),
        }
        if isinstance(array, QuantizedArray):
            entry["scheme"] = array.scheme.as_dict()
            entry["scale"] = array.scale.tolist()
            entry["zero_point"] = array.zero_point.tolist()
        else:
            entry["dtype"] = "float16"
        entries.append(entry)
        original += 4 * int(np.prod(array.shape))
        data += packed
    total = sum(int(e["total_bytes"]) for e in entries)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "file": path.with_suffix(".bin").name,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "original_bytes": original,
        "total_bytes": total,
        "compression": round(original / total, 4) if total else 1.0,
        "arrays": entries,
    }
    write_bytes(path.with_suffix(".bin"), data)
    write_bytes(path, json.dumps(manifest, indent=2).encode() + b"\n")
    return manifest


def load(path: Path) -> dict[str, Stored]:
    """The arrays of a manifest. Raises QuantizeError if anything is not as it was saved."""
    try:
        manifest = json.loads(path.read_text())
        data = path.with_suffix(".bin").read_bytes()
    except OSError as error:
        raise QuantizeError(f"{path} cannot be read: {error.strerror}", "check the path") from None
    except ValueError:
        raise QuantizeError(f"{path} is not JSON", "give a manifest that `save` wrote") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise QuantizeError(f"{path} is no manifest", "give a manifest that `save` wrote")
    if manifest.get("version") != VERSION:
        raise QuantizeError(
            f"{path} has version {manifest.get('version')}, and this program reads {VERSION}",
            "read it with the version that wrote it",
        )
    if hashlib.sha256(data).hexdigest() != manifest.get("sha256"):
        raise QuantizeError(
            f"the bytes of {path.with_suffix('.bin').name} are not those that the manifest names",
            "copy both files again",
        )
    try:
        return _arrays(manifest["arrays"], data)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise QuantizeError(
            f"{path} is damaged: {type(error).__name__} {error}", "save the arrays again"
        ) from None


def _arrays(entries: list[dict[str, Any]], data: bytes) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    end = 0
    for entry in entries:
        name, shape = str(entry["name"]), tuple(int(n) for n in entry["shape"])
        start, size = int(entry["offset"]), int(entry["bytes"])
        if name in found or start != end or size < 0 or any(n < 0 for n in shape):
            raise QuantizeError(f"the array {name!r} is out of place", "save the arrays again")
        end = start + size
        part = data[start:end]
        if "scheme" in entry:
            scheme = Scheme.from_dict(entry["scheme"])
            found[name] = QuantizedArray.from_packed(
                part, shape, scheme, entry["scale"], entry["zero_point"]
            )
        else:
            found[name] = HalfArray.from_packed(part, shape)
    if end != len(data):
        raise QuantizeError(f"{len(data) - end} bytes follow the arrays", "save the arrays again")
    return found
