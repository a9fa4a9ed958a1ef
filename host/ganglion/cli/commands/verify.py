"""verify: a device against the reference, every burst, every bit.

In:  a brain, a device, a stimulus.
Out: exit code 0 and "identical", or exit code 4 and the first divergence.
Never: a verdict over lost telemetry.
"""

import json
from pathlib import Path

import rich_click as click

from ... import __version__
from ...api.runs import verified
from ...errors import MismatchError
from ..options.brain import open_brain, warn_first
from ..options.device import device_option, period_option, run_options
from ..options.junit import junit_option, reported
from ..options.nir import nir_options
from ..options.progress import progress
from ..options.talk import warn


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@device_option
@run_options(1000)
@period_option
@junit_option
@click.option("--no-deploy", is_flag=True, help="Compare with whatever brain the device has.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
def command(
    brain: Path, device_spec: str, bursts: int, stimulus: str, injections: tuple[str, ...],
    period: float, junit_path: Path | None, no_deploy: bool, as_json: bool,
) -> None:  # fmt: skip
    """Prove that a device computes exactly what the reference does, for BRAIN (.gbn or genome).

    Other runtimes are devices too: onnx, onnx:PROVIDER, onnx:reference, torch, torch:DEVICE, akida.
    """
    with reported(junit_path, "ganglion verify", f"{brain.name} on {device_spec}") as told:
        done = verified(
            open_brain(brain), device_spec, bursts, stimulus, inject=injections,
            period_us=round(period * 1000), deploy=not no_deploy, progress=progress,
            warn=warn_first,
        )  # fmt: skip
        verdict = done.verdict
        if done.clamped:
            warn(done.clamped)
        told.update(
            bursts=verdict.bursts, spikes=verdict.spikes, device=device_spec, stimulus=stimulus,
            brain_id=done.brain_id, version=__version__,
        )  # fmt: skip
        facts = {
            **verdict.as_dict(),
            "brain_id": done.brain_id,
            "device": device_spec,
            "stimulus": stimulus,
            "period_us": round(period * 1000),
            "seconds": round(done.seconds, 3),
        }
        if as_json:
            click.echo(json.dumps(facts))
        if verdict.divergence is not None:
            raise MismatchError(
                f"the device and the reference part: {verdict.divergence}",
                "deploy the brain again; if they part again, send this line to its makers",
            )
        if not as_json:
            click.echo(
                f"identical: {verdict.bursts:,} bursts, {verdict.spikes:,} spikes, "
                f"0 frames lost, {done.seconds:.1f} s"
            )
            late = f"; {verdict.late or 0:,} of {verdict.bursts:,} began late" if period else ""
            click.echo(f"{verdict.timing}{late}")
