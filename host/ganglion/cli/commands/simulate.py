"""simulate: a genome or a brain, here, in fp32, fp16 or int8.

In:  a genome, a connectome or a blob; a precision, a stimulus.
Out: spikes by area, the last digest chain where there is one; with --spikes every burst.
Never: runs floating point for a blob: a blob is integers.
"""

import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import rich_click as click
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ...blob.container import BLOB_SUFFIX, brain_id
from ...brains import NIR_SUFFIX, network_of, nir_pair
from ...connectome.model import Area
from ...frontends.feagi.policy import Policy
from ...frontends.read import connectome_of
from ...network.model import AreaInfo
from ...reference.real import RealStimulus
from ...reference.stimulus import DEFAULT_STIMULUS
from ...simulation.engines import Engine, IntegerEngine, canonical, engine_of_network
from ...simulation.prepare import prepare
from ...simulation.stimuli import HELP, Ports, parse
from ...simulation.trained import TrainedEngine, is_float
from ..options.brain import NO_SYNAPSE
from ..options.device import progress
from ..options.nir import nir_options
from ..options.policy import policy_option
from ..options.quantize import QuantizeChoice, quantize_options
from ..options.talk import settle, warn


@click.command()
@click.argument("brain", metavar="GENOME|BLOB", type=click.Path(path_type=Path))
@click.option("--precision", help="fp32, fp16 or int8. [what the genome asks for]")
@click.option("--bursts", type=click.IntRange(1, 2**31), default=1000, show_default=True)
@click.option("--stimulus", "stimulus_text", default=DEFAULT_STIMULUS, show_default=True, help=HELP)
@click.option("--spikes", is_flag=True, help="Print the neurons that fire, burst by burst.")
@quantize_options
@policy_option
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    brain: Path, precision: str | None, bursts: int, stimulus_text: str, spikes: bool,
    choice: QuantizeChoice, policy: Policy, as_json: bool,
) -> None:  # fmt: skip
    """Run a genome (.json), a connectome (.npz), a trained network (.nir; fp32 is its tool's) or a
    brain (.gbn) on this computer."""
    if brain.suffix in (BLOB_SUFFIX, NIR_SUFFIX):
        running: Engine
        if brain.suffix == NIR_SUFFIX:
            model, made_of_it = nir_pair(brain, choice.weight_bits)
            network, blob = made_of_it.network, made_of_it.blob
            if is_float(precision):
                running = TrainedEngine(model, made_of_it)
            else:
                running = engine_of_network(network, precision, bursts)
        else:
            network, blob = network_of(brain)
            running = engine_of_network(network, precision, bursts)
        stimulus = parse(stimulus_text, Ports.of_network(network), network)
        areas: tuple[Area, ...] | tuple[AreaInfo, ...] = network.areas
        area_of = network.per_neuron("area")
        identity: str | None = brain_id(blob).hex()
    else:
        connectome, _ = connectome_of(brain, policy)
        running, stimulus, made = prepare(
            connectome, precision, stimulus_text, lambda fed: choice.options(connectome, fed)
        )
        identity = made.id if made else None
        areas, area_of = connectome.areas, connectome.area.astype(np.int64)
    if brain.suffix in (BLOB_SUFFIX, NIR_SUFFIX):
        silent = not network.n_synapses and not network.layers
    else:
        silent = not connectome.n_synapses
    if silent:
        warn(f"{brain}: {NO_SYNAPSE}")
        settle()
    facts = run(running, stimulus, bursts, areas, area_of, spikes and not as_json, as_json)
    facts["brain_id"] = identity
    if as_json:
        click.echo(json.dumps(facts if spikes else {**facts, "fired": None}))
    else:
        _print(facts)


def run(
    running: Engine,
    stimulus: RealStimulus,
    bursts: int,
    areas: tuple[Area, ...] | tuple[AreaInfo, ...],
    area_of: NDArray[np.int64],
    show: bool,
    keep: bool,
) -> dict[str, object]:
    """Run an engine; everything there is to say about it, JSON-ready."""
    counts: Counter[int] = Counter()
    fired_by_burst: list[list[int]] = []
    total = 0
    integer = running if isinstance(running, IntegerEngine) else None
    begun = time.monotonic()
    with progress("simulating", bursts) as advance:
        for burst in range(1, bursts + 1):
            fired = running.follow(stimulus)
            total += len(fired)
            counts.update(area_of[fired].tolist())
            if integer:
                integer.reference.digest()
            if keep:
                fired_by_burst.append(fired.tolist())
            if show:
                click.echo(f"{burst}: {' '.join(map(str, fired.tolist()))}")
            advance(burst)
    return {
        "precision": canonical(running.precision),
        "state": running.state,
        "stimulus": stimulus.name,
        "bursts": bursts,
        "spikes": total,
        "spikes_by_area": {areas[a].id: n for a, n in sorted(counts.items())},
        "chain": f"{integer.reference.chain:08x}" if integer else None,
        "clamped_inputs": integer.clamped if integer else 0,
        "seconds": round(time.monotonic() - begun, 3),
        "fired": fired_by_burst,
    }


def _print(facts: dict[str, object]) -> None:
    console = Console(highlight=False, markup=False)
    state = f", state {facts['state']}" if facts["state"] else ""
    console.print(
        f"{facts['precision']}{state}: {facts['bursts']:,} bursts of {facts['stimulus']}, "
        f"{facts['spikes']:,} spikes in {facts['seconds']} s"
    )
    table = Table(box=None)
    table.add_column("area")
    table.add_column("spikes", justify="right")
    by_area = facts["spikes_by_area"]
    assert isinstance(by_area, dict)
    for area, count in by_area.items():
        table.add_row(area, f"{count:,}")
    console.print(table)
    if facts["chain"]:
        console.print(f"chain of all digests: {facts['chain']}")
