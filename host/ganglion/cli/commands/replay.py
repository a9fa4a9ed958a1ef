"""replay: a recording as if it were the device it came from.

In:  a recording.
Out: what monitor, verify or run would show of that device.
Never: needs the device.
"""

import json
from pathlib import Path

import rich_click as click

from ...api import recordings
from ...errors import MismatchError, RecordingError
from ..options.recording import chosen_run, run_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "target", type=click.Choice(["monitor", "verify", "summary"]),
              default="monitor", show_default=True,
              help="Show it, hold it against the reference, or say what it holds.")  # fmt: skip
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="How many times as fast as it was; for monitor.")  # fmt: skip
@click.option("--teleplot", metavar="HOST[:PORT]", help="Send figures to Teleplot by UDP.")
@click.option("--plotjuggler", metavar="HOST[:PORT]", help="Send JSON to PlotJuggler by UDP.")
@click.option("--web", is_flag=True, help="Monitor in a page.")
@click.option("--bind", default="127.0.0.1:8765", show_default=True, metavar="HOST:PORT",
              help="Where the page is served.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="JSON: the verdict, or one object per burst.")
@click.option("--partial", is_flag=True,
              help="Verify what is there of a run that is not whole.")  # fmt: skip
@run_option
def command(
    file: Path,
    target: str,
    speed: float,
    teleplot: str | None,
    plotjuggler: str | None,
    web: bool,
    bind: str,
    as_json: bool,
    partial: bool,
    number: int | None,
) -> None:
    """Play the recording FILE to the monitor, verify it, or say what it holds."""
    if target == "summary":
        if as_json:
            click.echo(json.dumps(recordings.contents(file)))
        else:
            click.echo("\n".join(recordings.described(file)))
        return
    chosen = chosen_run(file, number)
    if target == "monitor":
        from ...api.monitors import ShowOptions, watch_recording

        options = ShowOptions(as_json, web, bind, teleplot=teleplot, plotjuggler=plotjuggler)
        watch_recording(chosen, options, speed)
        return
    run, missing = chosen.run, chosen.missing
    verdict = recordings.verify_recording(chosen)
    if as_json:
        told = {
            **verdict.as_dict(), "brain_id": chosen.brain_id, "file": str(file),
            "partial": run.partial, "missing": missing,
        }  # fmt: skip
        click.echo(json.dumps(told))
    if verdict.divergence is not None:
        after = f" (the recording is {run.damage[0]})" if run.damage else ""
        raise MismatchError(
            f"the recorded device and the reference part: {verdict.divergence}{after}",
            "take another copy of it: the damage may have taken an input" if run.damage
            else "deploy the brain again and verify the device itself",
        )  # fmt: skip
    if not verdict.bursts or (run.partial and not partial):
        raise RecordingError(
            f"identical in the {verdict.bursts:,} bursts that are there, which is not all: "
            f"{missing or 'no burst came'}",
            "record again, or be content with them by --partial",
        )
    if not as_json:
        click.echo(
            f"identical: {verdict.bursts:,} bursts, {verdict.spikes:,} spikes; "
            f"{missing or 'nothing is missing'}"
        )
