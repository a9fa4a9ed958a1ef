"""Golden trace: a recorded run of FEAGI's own engine, as a connectome and what it did.

In:  a .json or .json.gz file in the format of feagi-golden/FORMAT.md.
Out: a Trace: connectome, stimulus per burst, fired neurons per burst, state at the end.
Never: runs anything; tolerates a file that is not of that format.
"""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..connectome.model import Area, Connectome
from ..errors import RecordingError

NO_INPUT: tuple[NDArray[np.int64], NDArray[np.float32]] = (
    np.zeros(0, dtype=np.int64),
    np.zeros(0, dtype=np.float32),
)
POWER_AREA = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """What FEAGI's engine was given, and what it did. Bursts count from 1."""

    name: str
    inexact: bool
    """Whether input sums depend on the order of addition."""
    bursts: int
    connectome: Connectome
    stimulus: dict[int, tuple[NDArray[np.int64], NDArray[np.float32]]]
    fired: tuple[NDArray[np.int64], ...]
    potential: NDArray[np.float32]
    countdown: NDArray[np.int64]
    consecutive_fires: NDArray[np.int64]

    def inputs(self, burst: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Neurons and potentials added in a burst."""
        return self.stimulus.get(burst, NO_INPUT)


def read(path: Path) -> Trace:
    """The trace in a file. Raises RecordingError."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        return trace_of(json.loads(data))
    except (OSError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path} cannot be read: {error}", "check the path") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise RecordingError(
            f"{path} is not a golden trace: {type(error).__name__} {error}",
            "compare it with feagi-golden/FORMAT.md",
        ) from error


def trace_of(trace: dict[str, Any]) -> Trace:
    """A parsed trace file as a Trace."""
    fired = tuple(np.array(ids, dtype=np.int64) for ids in trace["fired"])
    if len(fired) != trace["bursts"]:
        raise ValueError(f"fired has {len(fired)} bursts of {trace['bursts']}")
    return Trace(
        name=trace["name"],
        inexact=bool(trace["inexact"]),
        bursts=int(trace["bursts"]),
        connectome=connectome_of_trace(trace),
        stimulus={int(b): _stimulus(pairs) for b, pairs in trace["stimulus"].items()},
        fired=fired,
        potential=_float32(trace["final_potential"]),
        countdown=np.array(trace["final_refractory_countdown"], dtype=np.int64),
        consecutive_fires=np.array(trace["final_consecutive_fires"], dtype=np.int64),
    )


def connectome_of_trace(trace: dict[str, Any]) -> Connectome:
    """The brain of a trace. Connectome indices are the trace's neuron ids.

    The neurons of a trace's area need not be neighbours, so here `Area.first` is only the lowest
    index and `Area.count` only the number; `Connectome.area` says which neuron lies where.
    """
    neurons, synapses = trace["neurons"], trace["synapses"]
    ids = [area["id"] for area in trace["areas"]]
    index = {number: i for i, number in enumerate(ids)}
    area = np.array([index[number] for number in neurons["area"]], dtype=np.int32)
    order = np.argsort(np.array(synapses["source"], dtype=np.int32), kind="stable")
    source = np.array(synapses["source"], dtype=np.int32)[order]
    target = np.array(synapses["target"], dtype=np.int32)[order]

    if source.size and not 0 <= min(source.min(), target.min()) <= max(
        source.max(), target.max()
    ) < len(area):
        raise ValueError(f"a synapse joins neurons outside 0 to {len(area) - 1}")

    joined = area[source].astype(np.int64) * len(ids) + area[target]
    pairs, projection = np.unique(joined, return_inverse=True)

    def column(name: str, dtype: DTypeLike) -> NDArray[Any]:
        return np.array(neurons[name], dtype=dtype)

    return Connectome(
        genome_id=str(trace["name"]),
        title=str(trace["name"]),
        precision="fp32",
        timestep=0.025,
        areas=tuple(
            Area(
                id="___power" if described["id"] == POWER_AREA else f"c{described['id']:_>7}",
                name=f"area {described['id']}",
                group="CORE" if described["id"] == POWER_AREA else "CUSTOM",
                dimensions=(max(1, int((area == i).sum())), 1, 1),
                neurons_per_voxel=1,
                position=(0, 0, 0),
                first=int(np.argmax(area == i)) if (area == i).any() else 0,
                count=int((area == i).sum()),
                mp_charge_accumulation=bool(described["mp_charge_accumulation"]),
                mp_driven_psp=bool(described["mp_driven_psp"]),
                psp_uniform=bool(described["psp_uniform"]),
            )
            for i, described in enumerate(trace["areas"])
        ),
        power_neuron=trace["power_neuron"],
        area=area,
        threshold=_float32(neurons["threshold"]),
        threshold_limit=_float32(neurons["threshold_limit"]),
        leak=_float32(neurons["leak"]),
        refractory_period=column("refractory", np.uint16),
        consecutive_fire_limit=column("cfc_max", np.uint16),
        snooze=column("snooze", np.uint16),
        excitability=_float32(neurons["excitability"]),
        source=source,
        target=target,
        weight=np.array(synapses["weight"], dtype=np.uint8)[order],
        psp=np.array(synapses["psp"], dtype=np.uint8)[order],
        inhibitory=np.array(synapses["inhibitory"], dtype=np.bool_)[order],
        projection=projection.astype(np.int32).reshape(-1),
        projections=tuple((int(p // len(ids)), int(p % len(ids)), "trace") for p in pairs),
    )


def _stimulus(pairs: list[list[float]]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    neurons = np.array([neuron for neuron, _ in pairs], dtype=np.int64)
    return neurons, _float32([potential for _, potential in pairs])


def _float32(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)
