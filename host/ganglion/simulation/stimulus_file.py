"""Stimulus file: potentials by burst, from a file that a person wrote or a robot left.

In:  JSON, `{"BURST": [[neuron, potential], …]}`, a golden trace, or a recording (.gbr).
Out: a RealStimulus: potentials by burst, and what kind of numbers they are.
Never: tolerates a neuron or a number that makes no sense.
"""

import gzip
import json
import math
import re
import zlib
from pathlib import Path

import numpy as np

from ..blob.container import decode
from ..connectome.model import Connectome
from ..errors import StimulusError
from ..network.model import QuantizedNetwork
from ..reference.engine import stream_of
from ..reference.real import NOTHING, Potentials, RealStimulus


def from_file(
    path: Path, connectome: Connectome | None = None, neurons: int | None = None
) -> RealStimulus:
    """The stimulus in a file. Neurons are connectome indices; in a recording they are found by
    area and voxel, for which the connectome is needed. Raises StimulusError."""
    from ..recording.file import SUFFIX

    bursts = _recorded(path, connectome) if path.suffix == SUFFIX else _written(path)
    values = np.concatenate([NOTHING[1], *(size for _, size in bursts.values())])
    limit = connectome.n_neurons if connectome is not None else neurons
    for burst, (numbers, _) in bursts.items():
        if limit is not None and len(numbers) and int(numbers.max()) >= limit:
            raise StimulusError(
                f"{path} feeds neuron {int(numbers.max())} in burst {burst}, and the brain has "
                f"{limit:,}",
                f"use neurons 0 to {limit - 1}",
            )
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
        read = json.loads(
            gzip.decompress(data) if path.suffix == ".gz" else data, object_pairs_hook=_once
        )
        table = read.get("stimulus", read)
        bursts: dict[int, Potentials] = {}
        for word, pairs in table.items():
            burst = _index(word, "burst", 1)
            if burst in bursts:
                raise ValueError(f"burst {burst} is written twice")
            numbers = [_index(n, f"a neuron of burst {burst}", 0) for n, _ in pairs]
            if path.suffix != ".gz" and len(set(numbers)) < len(numbers):
                twice = next(n for n in numbers if numbers.count(n) > 1)
                raise ValueError(f"burst {burst} names neuron {twice} twice")
            sizes = [_potential(p, burst) for _, p in pairs]
            bursts[burst] = np.array(numbers, dtype=np.int64), np.array(sizes, dtype=np.float32)
        return bursts
    except OSError as error:
        raise StimulusError(
            f"{path} cannot be read: {error.strerror or error}", "check the path"
        ) from None
    except (
        ValueError, TypeError, AttributeError, EOFError, OverflowError, RecursionError, zlib.error,
    ) as error:  # fmt: skip
        raise StimulusError(
            f"{path} is not a stimulus: {error}",
            'write {"1": [[neuron, potential], …], …}, bursts counting from 1',
        ) from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of JSON; Python would take the last of two equal keys and say nothing."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r} is written twice")
    return dict(pairs)


def _index(value: object, what: str, least: int) -> int:
    """A whole number of 31 bits, as JSON writes it, or as the key of an object."""
    number: object = value
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,10}", value):
            raise ValueError(f"{what} is {value!r}, and not a whole number")
        number = int(value)
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise ValueError(f"{what} is {value!r}, and not a whole number")
    if not least <= number < 2**31:
        raise ValueError(f"{what} is {value}, and not from {least} to 2^31 − 1")
    return int(number)


def _potential(value: object, burst: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a potential of burst {burst} is {value!r}, and not a number")
    number = float(value)
    if math.isfinite(number) and abs(number) > float(np.finfo(np.float32).max):
        raise ValueError(f"a potential of burst {burst} is {value}, more than float32 holds")
    return number


def _recorded(path: Path, connectome: Connectome | None) -> dict[int, Potentials]:
    """What reached the inputs in the last run of a recording, as the potentials it stood for:
    what was injected, and the random stimulus."""
    if connectome is None:
        raise StimulusError(
            f"{path} names neurons of the brain that was recorded",
            "give the genome, not a blob, to use a recording as a stimulus",
        )
    from ..recording.file import Recording
    from ..recording.runs import runs

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
        stream = stream_of(network, chosen)
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
