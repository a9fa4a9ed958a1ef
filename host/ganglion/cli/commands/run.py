"""run: a brain on a device, and its spikes as they come.

In:  a brain, a device, a stimulus.
Out: one line per burst (or one JSON object), a last line with totals and losses.
Never: hides a loss; leaves the device running.
"""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from ...api.runs import Burst, OpenedBrain, Stats, follow
from ..options.brain import open_brain, warn_first
from ..options.device import device_option, period_option, run_options
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress
from ..options.talk import remark, warn


@click.command()
@click.argument("brain", type=click.Path(path_type=Path))
@device_option
@run_options(1000)
@period_option
@click.option("--record", type=OutputFile(new=True), help="Keep every frame in this file.")
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per burst.")
def command(
    brain: Path, device_spec: str, bursts: int, stimulus: str, injections: tuple[str, ...],
    period: float, record: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Put BRAIN (.gbn or genome) on a device, run it, and show its spikes."""
    opened = open_brain(brain)

    def on_event(event: Burst | Stats) -> None:
        if isinstance(event, Burst):
            click.echo(json.dumps(as_object(event)) if as_json else line(event, opened))
        elif as_json:
            facts = asdict(event)
            click.echo(json.dumps({"stats": facts.pop("burst"), **facts}))

    done = follow(
        opened, device_spec, bursts, stimulus, on_event=on_event, inject=injections,
        period_us=round(period * 1000), keep=record, progress=progress, warn=warn_first,
    )  # fmt: skip
    if not as_json:
        lost = "nothing was lost" if done.losses.none else f"lost: {done.losses}"
        remark(f"{done.bursts:,} bursts, {done.spikes:,} spikes; {lost}")
    if done.clamped:
        warn(done.clamped)


def as_object(burst: Burst) -> dict[str, object]:
    """A burst, JSON-ready."""
    digest = None if burst.digest is None else f"{burst.digest:08x}"
    return {
        "burst": burst.number,
        "fired": burst.neurons.tolist(),
        "digest": digest,
        "micros": burst.micros,
        "complete": burst.complete,
    }


def line(burst: Burst, brain: OpenedBrain) -> str:
    """A burst for people: how many fired, by area."""
    network = brain.network
    area_of = network.per_neuron("area")
    counts = Counter(area_of[burst.neurons.astype(int)].tolist())
    parts = [f"{network.areas[a].id} {n}" for a, n in sorted(counts.items())]
    return f"burst {burst.number:>6}  {burst.fired:>5} spikes  {burst.micros:>6} µs  " + "  ".join(
        parts
    )
