"""Stimulus file: potentials by burst, from a file that a person wrote or a robot left.

In:  JSON, `{"BURST": [[neuron, potential], …]}`, a golden trace, or a recording (.gbr).
Out: a RealStimulus: potentials by burst, and what kind of numbers they are.
Never: tolerates a neuron or a number that makes no sense.
"""

import gzip
import json
from pathlib import Path

import numpy as np

from ..blob.container import decode
from ..connectome.model import Connectome
from ..errors import StimulusError
from ..network.model import QuantizedNetwork
from ..recording.file import SUFFIX, Recording
from ..recording.runs import runs
from ..reference.real import NOTHING, Potentials, RealStimulus
from ..reference.stimulus import StimulusStream


def from_file(path: Path, connectome: Connectome | None = None) -> RealStimulus:
    """The stimulus in a file. Neurons are connectome indices; in a recording they are found by
    area and voxel, for which the connectome is needed. Raises StimulusError."""
    bursts = _recorded(path, connectome) if path.suffix == SUFFIX else _written(path)
    values = np.concatenate([NOTHING[1], *(size for _, size in bursts.values())])
    if not np.isfinite(values).all():
        raise StimulusError(f"{path} holds a potential that is not finite", "give finite numbers")
    return RealStimulus(
        f"file:{path.name}",
        "whole" if (values == np.floor(values)).all() else "graded",
        lambda burst: bursts.get(burst, NOTHING),
        bool((values < 0).any()),
        float(np.abs(values).max(initial=0.0)),
    )


def _written(path: Path) -> dict[int, Potentials]:
    try:
        data = path.read_bytes()
        read = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        table = read.get("stimulus", read)
        bursts: dict[int, Potentials] = {}
        for burst, pairs in table.items():
            neuron = np.array([int(n) for n, _ in pairs], dtype=np.int64)
            size = np.array([float(p) for _, p in pairs], dtype=np.float32)
            bursts[int(burst)] = neuron, size
        return bursts
    except OSError as error:
        raise StimulusError(
            f"{path} cannot be read: {error.strerror or error}", "check the path"
        ) from None
    except (ValueError, TypeError, AttributeError, EOFError) as error:
        raise StimulusError(
            f"{path} is not a stimulus: {error}",
            'write {"1": [[neuron, potential], …], …}, bursts counting from 1',
        ) from None


def _recorded(path: Path, connectome: Connectome | None) -> dict[int, Potentials]:
    """What reached the inputs in the last run of a recording, as the potentials it stood for:
    what was injected, and the random stimulus."""
    if connectome is None:
        raise StimulusError(
            f"{path} names neurons of the brain that was recorded",
            "give the genome, not a blob, to use a recording as a stimulus",
        )
    recording = Recording(path)
    network = decode(recording.blob)
    found = runs(recording)
    if not found:
        raise StimulusError(f"{path} holds no run", "record one with `ganglion run --record`")
    run = found[-1]
    pairs: dict[int, list[tuple[int, int]]] = {}
    for burst, neuron, amount in run.injected:
        pairs.setdefault(max(burst, 1), []).append((neuron, amount))
    chosen = run.configuration.stimulus
    if chosen is not None:
        stream = StimulusStream(network, chosen)
        for burst in range(1, run.last + 1):
            neurons, amounts = stream.draw()
            drawn = zip(neurons.tolist(), amounts.tolist(), strict=True)
            pairs.setdefault(burst, []).extend(drawn)
    index = _indices(path, network, connectome, {n for some in pairs.values() for n, _ in some})
    units = network.unit_of_neuron
    return {
        burst: (
            np.array([index[n] for n, _ in some], dtype=np.int64),
            np.array([amount * units[n] for n, amount in some], dtype=np.float32),
        )
        for burst, some in pairs.items()
    }


def _indices(
    path: Path, network: QuantizedNetwork, connectome: Connectome, neurons: set[int]
) -> dict[int, int]:
    """The connectome index of each neuron of a network, found by area and voxel."""
    result: dict[int, int] = {}
    for neuron in neurons:
        area_id, (x, y, z), inner = network.describe(neuron)
        area = connectome.area_index(area_id)
        index = None if area is None else connectome.neuron(area, x, y, z, inner)
        if index is None:
            raise StimulusError(
                f"{path} feeds {area_id} at {x},{y},{z}, which this genome does not have",
                "use the genome that the recorded brain was compiled from",
            )
        result[neuron] = index
    return result
