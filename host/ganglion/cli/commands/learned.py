"""learned: what a brain has learnt on a device, as a file and in words.

In:  a brain, a device; how many bursts it is to run first, if any.
Out: a .npz file with its weights, synapses and memories; with --keep the same on the device, as
     the brain that it begins with from then on.
Never: takes what another brain learnt; leaves half a file.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.files import check_output
from ...api.learning import learned
from ..options.device import device_option, run_options
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress


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
    found = learned(
        brain, output, device_spec, bursts, stimulus, inject=injections, keep=keep, key=key,
        progress=progress,
    )  # fmt: skip
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
        return
    click.echo(
        f"{output}: {found.changed:,} of {found.synapses:,} weights are other than at the "
        f"start, {found.created:,} synapses came to exist, {found.memories:,} memories live"
    )
