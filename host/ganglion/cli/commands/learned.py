"""learned: what a brain has learnt on a device, as a file and in words.

In:  a brain, a device; how many bursts it is to run first, if any.
Out: a .npz file with its weights, synapses and memories; with --keep the same on the device, as
     the brain that it begins with from then on.
Never: takes what another brain learnt; leaves half a file.
"""

import json
from pathlib import Path

import rich_click as click

from ...blob.container import brain_id
from ...blob.learnt import Learnt, begin_with, learnt_in, save, synapses_of
from ...blob.signature import sign
from ...brains import open_brain
from ...compiler import finished
from ...device.device import Device, open_device
from ...errors import DeviceError, UsageError
from ...files import check_output
from ...link.messages import Fault
from ...network.model import QuantizedNetwork
from ...reference.injection import parse
from ...reference.stimulus import RandomStimulus, parameters
from ...verification.verify import inject
from ..options.device import deploy, device_option, progress, run_options
from ..options.nir import nir_options
from ..options.output import OutputFile


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@device_option
@click.option("-o", "--output", type=OutputFile(), help="The file. [BRAIN.learned.npz]")
@run_options(0, least=0)
@click.option("--keep", is_flag=True, help="Let the device begin with it from now on.")
@nir_options
@click.option("--sign", "key", type=click.Path(path_type=Path), metavar="KEY",
              help="With --keep: sign the brain, for a device that takes no other.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print what was learnt as JSON.")
def command(
    brain: Path, device_spec: str, output: Path | None, bursts: int, stimulus: str,
    injections: tuple[str, ...], keep: bool, key: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Read out what BRAIN (.gbn or genome) has learnt on a device, after --bursts more if given.

    A run begins with the weights that are in the brain. --keep puts a brain with what was learnt
    on the device, as `ganglion deploy` would: tried first, and whole after a power cut.
    """
    output = output or check_output(brain.with_suffix(".learned.npz"), inputs=(brain,))
    check_output(output, inputs=(brain,))
    if key and not keep:
        raise UsageError("--sign signs the brain that --keep puts there", "give both, or neither")
    network, blob = open_brain(brain)
    if not network.learning:
        raise UsageError(
            f"{brain} learns nothing",
            "give a brain with plastic rules or memory; `ganglion lint` says what a genome has",
        )
    chosen = RandomStimulus.parse(stimulus)
    injected = parse(injections, network)
    with open_device(device_spec) as device:
        if bursts:
            deploy(device, sign(blob, key) if key else blob)
            device.configure(stimulus=parameters(chosen), bursts=False, lossless=True)
            inject(device, injected)
            _run(device, bursts)
        else:
            _is_there(device, blob)
        learnt = learnt_in(network, device.learnt())
        save(output, network, learnt)
        if keep:
            kept = finished(begin_with(network, learnt))[1]
            deploy(device, sign(kept, key) if key else kept)
    facts = described(network, learnt)
    if as_json:
        click.echo(json.dumps({**facts, "file": str(output), "kept": keep}, indent=2))
        return
    click.echo(
        f"{output}: {facts['changed']:,} of {facts['synapses']:,} weights are other than at the "
        f"start, {facts['created']:,} synapses came to exist, {facts['memories']:,} memories live"
    )


def described(network: QuantizedNetwork, learnt: Learnt) -> dict[str, int]:
    """How much was learnt."""
    projections = network.learning.projections
    changed = created = 0
    for p, w, there in zip(projections, learnt.weights, learnt.present, strict=True):
        new = there & ~p.present
        created += int(new.sum())
        other = w != p.weight
        changed += int((other & ~new).sum() if len(new) else other.sum())
    return {
        "synapses": len(synapses_of(network, learnt)),
        "changed": changed,
        "created": created,
        "memories": sum(int((s.alive > 0).sum()) for s in learnt.slots),
    }


def _run(device: Device, bursts: int) -> None:
    with progress("learning", bursts) as advance:
        device.start(bursts)
        for event in device.events():
            if isinstance(event, Fault):
                raise DeviceError(f"the device failed: {event}", "see `ganglion doctor`")
        advance(bursts)


def _is_there(device: Device, blob: bytes) -> None:
    found = device.greeting.brain_id
    if found != brain_id(blob):
        there = f"the brain {found.hex()}" if found else "no brain"
        raise UsageError(
            f"the device has {there}, and this one is {brain_id(blob).hex()}",
            "name the brain that is there, or let this one learn first: --bursts",
        )
