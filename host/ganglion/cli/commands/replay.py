"""replay: a recording as if it were the device it came from.

In:  a recording.
Out: what monitor, verify or run would show of that device.
Never: needs the device.
"""

import json
from pathlib import Path

import rich_click as click

from ...blob.container import brain_id
from ...errors import MismatchError
from ...recording.file import Recording
from ...recording.summary import lines, missing_of, summary
from ...verification.recorded import check
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
    number: int | None,
) -> None:
    """Play the recording FILE to the monitor, verify it, or say what it holds."""
    if target == "summary":
        held = Recording(file)
        click.echo(json.dumps(summary(held)) if as_json else "\n".join(lines(held)))
        return
    recording, network, run = chosen_run(file, number)
    if target == "monitor":
        from ...monitor.replayed import Replayed
        from ...monitor.show import ShowOptions, watch

        options = ShowOptions(as_json, web, bind, teleplot=teleplot, plotjuggler=plotjuggler)
        watch(network, Replayed(file.name, network, run, speed, stay=web), options)
        return
    verdict = check(network, run)
    if as_json:
        told = {**verdict.as_dict(), "brain_id": brain_id(recording.blob).hex(), "file": str(file)}
        click.echo(json.dumps(told))
    if verdict.divergence is not None:
        raise MismatchError(
            f"the recorded device and the reference part: {verdict.divergence}",
            "deploy the brain again and verify the device itself",
        )
    if not as_json:
        missing = missing_of(run) or "nothing is missing"
        click.echo(f"identical: {verdict.bursts:,} bursts, {verdict.spikes:,} spikes; {missing}")
