"""Golden trace of a brain that learns: its rules, and everything that FEAGI's engine changed.

In:  a .json or .json.gz file in the format of feagi-golden/FORMAT.md and FORMAT_PLASTIC.md.
Out: a LearningTrace: the Trace, its Learning, and per burst the weights, synapses and memory.
Never: runs anything; tolerates a file that is not of that format.
"""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..connectome.learning import (
    FEAGI_MEMORY_CAPACITY,
    Learning,
    MemoryArea,
    PlasticRule,
    Twin,
    whole_growth,
)
from ..errors import RecordingError
from .trace import Trace, trace_of

FATIGUE_AREA = 2
FIRST_MEMORY_ID = 50_000_000


@dataclass(frozen=True, slots=True)
class LearningTrace:
    """A trace with what changed in it. Neurons and slots are numbered as in the file.

    Memory neurons are numbered from the number of ordinary neurons on, as in the reference.
    """

    trace: Trace
    learning: Learning
    slots: NDArray[np.int64]
    """(m,) the file's slot of each synapse of the connectome, which sorts them by source."""
    fatigue: dict[int, bool]
    """Burst before which fatigue is switched, and to what."""
    fired: tuple[NDArray[np.int64], ...]
    weights: list[list[list[int]]]  # per burst: slot, new weight
    created: list[list[list[int]]]  # per burst: slot, source, target, weight, psp, inhibitory
    memory: list[dict[str, list[Any]]]  # per burst; empty without memory areas
    final_memory: list[list[Any]]
    final_weights: list[int]
    areas: tuple[int, ...]
    """The file's number of each area of the connectome."""
    voxels: NDArray[np.int64]  # (n, 3)


def read(path: Path) -> LearningTrace:
    """The trace in a file, plastic or not. Raises RecordingError."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        return learning_trace_of(json.loads(data))
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path} cannot be read: {error}", "check the path") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, StopIteration) as error:
        raise RecordingError(
            f"{path} is not a golden trace: {type(error).__name__} {error}",
            "compare it with feagi-golden/FORMAT.md and FORMAT_PLASTIC.md",
        ) from error


def learning_trace_of(raw: dict[str, Any]) -> LearningTrace:
    """A parsed trace file. The fields of FORMAT_PLASTIC.md that it lacks are empty lists."""
    trace = trace_of(raw)
    n, bursts = trace.connectome.n_neurons, trace.bursts
    neurons = raw["neurons"]
    voxels = np.array([neurons.get(axis, [0] * n) for axis in "xyz"], dtype=np.int64).T.reshape(
        n, 3
    )
    numbers = tuple(int(area["id"]) for area in raw["areas"])
    per_burst: dict[str, list[Any]] = {}
    for name in ("weight_changes", "created_synapses", "memory_events"):
        listed = raw.get(name) or [[] for _ in range(bursts)]
        if len(listed) != bursts:
            raise ValueError(f"{name} has {len(listed)} bursts of {bursts}")
        per_burst[name] = listed
    source = np.array(raw["synapses"]["source"], dtype=np.int64)
    return LearningTrace(
        trace=trace,
        learning=_learning_of(raw, trace, numbers, voxels),
        slots=np.argsort(source, kind="stable").astype(np.int64),
        fatigue={int(burst): bool(on) for burst, on in (raw.get("fatigue") or {}).items()},
        fired=tuple(
            np.where(ids >= FIRST_MEMORY_ID, ids - FIRST_MEMORY_ID + n, ids) for ids in trace.fired
        ),
        weights=per_burst["weight_changes"],
        created=per_burst["created_synapses"],
        memory=per_burst["memory_events"],
        final_memory=raw.get("memory_final") or [],
        final_weights=raw.get("final_weights") or [int(w) for w in raw["synapses"]["weight"]],
        areas=numbers,
        voxels=voxels,
    )


def _learning_of(
    raw: dict[str, Any], trace: Trace, numbers: tuple[int, ...], voxels: NDArray[np.int64]
) -> Learning:
    index = {number: i for i, number in enumerate(numbers)}
    rules: dict[tuple[int, int], PlasticRule] = {}
    for rule in raw.get("plasticity") or []:
        window = int(rule["window"])
        if window < 1:
            raise ValueError(f"a plastic rule has a window of {window}")
        up, down = PlasticRule.steps(int(rule["constant"]), int(rule["ltp"]), int(rule["ltd"]))
        pair = int(rule["src"]), int(rule["dst"])
        rules[pair] = PlasticRule(
            index[pair[0]], index[pair[1]], window, up, down,
            bool(rule["associative"]), int(rule["psp"]), bool(rule["inhibitory"]),
        )  # fmt: skip
    memory = sorted(raw.get("memory_areas") or [], key=lambda m: int(m["area"]))
    capacity = raw.get("memory_capacity")
    return Learning(
        rules=tuple(rules[pair] for pair in sorted(rules)),
        memory_areas=tuple(
            MemoryArea(
                area=index[m["area"]],
                depth=int(m["depth"]),
                upstream=tuple(index[up] for up in sorted(m["upstream"])),
                init_lifespan=int(m["init_lifespan"]),
                growth=whole_growth(float(np.float32(m["growth"]))),
                longterm_threshold=int(m["longterm_threshold"]),
            )
            for m in memory
        ),
        twins=tuple(_twin(t, trace, index, voxels) for t in raw.get("twins") or []),
        memory_capacity=FEAGI_MEMORY_CAPACITY if capacity is None else int(capacity),
        fatigue_area=index.get(FATIGUE_AREA),
    )


def _twin(
    raw: dict[str, Any], trace: Trace, index: dict[int, int], voxels: NDArray[np.int64]
) -> Twin:
    area = trace.connectome.area
    last = {
        tuple(voxels[neuron].tolist()): neuron
        for neuron in np.flatnonzero(area == index[raw["twin"]]).tolist()
    }
    pairs = [
        (neuron, last[voxel])
        for neuron in np.flatnonzero(area == index[raw["upstream"]]).tolist()
        if (voxel := tuple(voxels[neuron].tolist())) in last
    ]
    shown, played = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return Twin(
        index[raw["memory_area"]], index[raw["upstream"]], index[raw["twin"]],
        float(np.float32(raw["potential"])), shown, played,
    )  # fmt: skip
