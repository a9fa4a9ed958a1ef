"""verify: a device against the reference, every burst, every bit.

In:  a brain, a device, a stimulus.
Out: exit code 0 and "identical", or exit code 4 and the first divergence.
Never: a verdict over lost telemetry.
"""

import json
import time
from pathlib import Path

import rich_click as click

from ... import __version__
from ...blob.container import brain_id
from ...device.device import Device, open_device
from ...errors import MismatchError, UsageError
from ...simulation.accelerators.runtime_device import RuntimeDevice, is_runtime, open_runtime
from ...verification.verify import verify
from ..options.brain import inputs_of, open_brain, tell_clamped
from ..options.device import deploy, device_option, ephemeral, period_option, progress, run_options
from ..options.junit import junit_option, reported
from ..options.nir import nir_options


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
        if no_deploy and ephemeral(device_spec):
            raise UsageError(
                f"{device_spec} begins without a brain, so that there is none to compare with",
                "leave out --no-deploy, or name the device virtual:DIR that has one",
            )
        opened_brain = open_brain(brain)
        network, blob = opened_brain.network, opened_brain.blob
        chosen, injected = inputs_of(opened_brain, stimulus, injections, bursts)
        opened: Device | RuntimeDevice = (
            open_runtime(device_spec) if is_runtime(device_spec) else open_device(device_spec)
        )
        with opened as device:
            if isinstance(device, RuntimeDevice):
                device.put(blob)
            elif not no_deploy:
                deploy(device, blob)
            begun = time.monotonic()
            with progress("verifying", bursts) as advance:
                verdict = verify(
                    network, device, bursts, chosen, lambda b: advance(b.number), injected,
                    round(period * 1000),
                )  # fmt: skip
            seconds = time.monotonic() - begun
        tell_clamped(injected)
        told.update(
            bursts=verdict.bursts, spikes=verdict.spikes, device=device_spec, stimulus=stimulus,
            brain_id=brain_id(blob).hex(), version=__version__,
        )  # fmt: skip
        facts = {
            **verdict.as_dict(),
            "brain_id": brain_id(blob).hex(),
            "device": device_spec,
            "stimulus": stimulus,
            "period_us": round(period * 1000),
            "seconds": round(seconds, 3),
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
                f"0 frames lost, {seconds:.1f} s"
            )
            late = f"; {verdict.late or 0:,} of {verdict.bursts:,} began late" if period else ""
            click.echo(f"{verdict.timing}{late}")
