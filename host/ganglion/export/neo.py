"""Neo: a Block with one Segment and a SpikeTrain per neuron, for Elephant and its kin.

In:  a Material; a path for the file.
Out: a neo.Block, or a NIX file that holds it.
Never: drops a silent neuron: its train is there, and empty.
"""

from pathlib import Path

import neo
import numpy as np
import quantities as pq

from ..blob.container import brain_id
from ..recording.material import RecordedRun


def block(material: RecordedRun) -> neo.Block:
    """The run as Neo holds it."""
    bursts, starts = material.by_neuron
    times = material.time_of(bursts)
    area, x, y, z, inner = material.places
    name = brain_id(material.recording.blob).hex()
    result = neo.Block(
        name=f"brain {name}",
        description="recorded by Ganglion",
        rec_datetime=material.started.replace(tzinfo=None),
        started=material.started.isoformat(timespec="microseconds"),  # NIX keeps whole seconds
        seconds_per_burst=material.seconds,
        brain_id=name,
    )
    segment = neo.Segment(name="run")
    result.segments.append(segment)
    groups: dict[str, neo.Group] = {}
    for n in range(material.network.n_neurons):
        train = neo.SpikeTrain(
            times[starts[n] : starts[n + 1]],
            units=pq.s,
            t_start=0 * pq.s,
            t_stop=material.duration * pq.s,
            name=f"neuron {n}",
            neuron=n, area=area[n], x=int(x[n]), y=int(y[n]), z=int(z[n]), in_voxel=int(inner[n]),
        )  # fmt: skip
        segment.spiketrains.append(train)
        groups.setdefault(area[n], neo.Group(name=area[n])).add(train)
    result.groups.extend(groups.values())
    fired = neo.IrregularlySampledSignal(
        material.time_of(material.run.number) * pq.s,
        np.stack([material.run.fired, material.run.micros], axis=1) * pq.dimensionless,
        name="neurons fired; microseconds taken",
    )
    if len(material.run.number):
        segment.irregularlysampledsignals.append(fired)
    return result


def write(material: RecordedRun, path: Path, table: str) -> None:
    """The whole run; `table` plays no part."""
    with neo.NixIO(str(path), mode="ow") as io:
        io.write_block(block(material))
