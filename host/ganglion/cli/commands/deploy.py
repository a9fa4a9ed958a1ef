"""deploy: a brain onto a board that runs, tried there before the one before is let go.

In:  a brain and a device; --board the first time.
Out: one line that says what was done, or why the old brain runs on.
Never: leaves a device without the brain that it had.
"""

import json
from pathlib import Path

import rich_click as click

from ...api.deployments import Deployed, deploy_with
from ...api.devices import ephemeral
from ..options.brain import open_brain
from ..options.device import device_option
from ..options.nir import nir_options
from ..options.progress import progress
from ..options.robot import robot_option
from ..options.talk import remark


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@device_option
@click.option("--board", "board_spec", help="What it is: needed where our firmware is not yet.")
@robot_option
@click.option("--force", is_flag=True, help="Also if it is there already, or if it is older.")
@click.option("--keep-firmware", is_flag=True, help="Leave the firmware as it is.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def command(
    brain: Path, device_spec: str, board_spec: str | None, robot_path: Path | None, force: bool,
    keep_firmware: bool, as_json: bool,
) -> None:  # fmt: skip
    """Put BRAIN (.gbn or genome) on a device, and the firmware if it is another version's.

    The brain is tried at a new start, against its golden vector. If the device refuses it, the one
    before runs again. Interrupted at any point, the same command completes it.
    """
    done = deploy_with(
        open_brain(brain), device_spec, board=board_spec, robot=robot_path, force=force,
        keep_firmware=keep_firmware, progress=progress, tell=remark,
    )  # fmt: skip
    click.echo(json.dumps(_facts(done)) if as_json else _sentence(done))
    if ephemeral(device_spec):
        remark(f"{device_spec} ends with this command, and its brain too; virtual:DIR keeps both")


def _facts(done: Deployed) -> dict[str, object]:
    return {
        "brain_id": done.hello.brain_id.hex(),
        "board": done.hello.board,
        "firmware": f"{done.hello.build:08x}",
        "firmware_installed": done.installed,
        "firmware_updated": done.updated,
        "brain_replaced": done.replaced,
        "seconds": round(done.seconds, 1),
    }


def _sentence(done: Deployed) -> str:
    firmware = "installed" if done.installed else "updated" if done.updated else "as it was"
    brain = "deployed" if done.replaced else "already there"
    return (
        f"{brain}: {done.hello.brain_id.hex()} on {done.hello.board}, firmware {firmware}, "
        f"{done.seconds:.1f} s"
    )
