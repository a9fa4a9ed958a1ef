"""compare: how alike two firing patterns are, and where they part.

In:  two of: a recording, a device, a simulation at a precision.
Out: figures, the first divergence step by step, an HTML report; an exit code for CI.
Never: a tolerance that was not asked for.
"""

import json
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from ... import __version__
from ...api import comparisons
from ...api.stimuli import DEFAULT_STIMULUS
from ...errors import UsageError
from ..options.device import level_options, port_with_levels
from ..options.junit import junit_option, reported
from ..options.nir import nir_options
from ..options.output import OutputFile
from ..options.progress import progress
from ..options.talk import TALK, remark


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--bursts", type=click.IntRange(1, 10**7),
              help="How many bursts. Default: what a recording has, else 1000.")  # fmt: skip
@click.option("--stimulus", default=DEFAULT_STIMULUS, show_default=True,
              help="For simulations and devices; a recording's own goes before.")  # fmt: skip
@click.option("--brain", type=click.Path(path_type=Path), help="What a device is to run.")
@click.option("--report", type=OutputFile((".html", ".htm")), metavar="OUT.html",
              help="Write a report with pictures, in one file.")  # fmt: skip
@click.option("--min-similarity", type=click.FloatRange(0, 1), metavar="F1",
              help="Exit with 4 if F1 is below this.")  # fmt: skip
@junit_option
@click.option("--allow-different", is_flag=True,
              help="With --min-similarity: also if the brains have other neurons.")  # fmt: skip
@click.option("--partial", is_flag=True,
              help="With --min-similarity: also of recordings that are not whole.")  # fmt: skip
@level_options
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(
    a: str, b: str, bursts: int | None, stimulus: str, brain: Path | None, report: Path | None,
    min_similarity: float | None, junit_path: Path | None, allow_different: bool, partial: bool,
    dtr: str | None, rts: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Compare the firing of A and B.

    Each is FILE.gbr (or FILE.gbr#2, its second run), sim:GENOME@fp32, @fp16 or @int8,
    sim:MODEL.nir@fp32 (as its tool computes) or @int8, sim:BRAIN.gbn, or a device (virtual, auto,
    a port; then --brain too).

    With a FILE.npz of `ganglion learned` as one of them, compare what was learnt; the other may be
    a recording: what its brain has learnt at the end.
    """
    if dtr or rts:
        a, b = _with_levels((a, b), dtr, rts)
    if any(comparisons.is_learnt(word) for word in (a, b)):
        if min_similarity is not None or report is not None or junit_path is not None:
            raise UsageError(
                "--min-similarity, --report and --junit are of firing, and a file of what was "
                "learnt was named",
                "leave them out",
            )
        found = comparisons.compare_learnt(a, b)
        click.echo(json.dumps(found.as_dict()) if as_json else str(found))
        return
    with reported(junit_path, "ganglion compare", f"{a} and {b}") as told_facts:
        compared = comparisons.compare_runs(
            a, b, bursts=bursts, stimulus=stimulus, brain=brain, progress=progress
        )
        if report is not None:
            with progress("drawing the report", 0):
                comparisons.write_report(compared, report, TALK.command)
            remark(f"wrote {report}")
        result = compared.result
        told_facts.update(
            bursts=result.bursts, similarity=result.similarity, identical=result.identical,
            connectome_a=result.connectome_a, connectome_b=result.connectome_b, stimulus=stimulus,
            version=__version__,
        )  # fmt: skip
        if as_json:
            click.echo(json.dumps(result.as_dict()))
        else:
            _print(result)
        if min_similarity is not None:
            comparisons.require_similar(
                result, min_similarity, different=allow_different, partial=partial
            )


def _with_levels(words: tuple[str, str], dtr: str | None, rts: str | None) -> list[str]:
    """A and B, and behind what is a device the levels of its port's lines."""
    if not any(map(comparisons.is_device, words)):
        raise UsageError(
            "--dtr and --rts are of a device's port, and neither A nor B is a device",
            "leave them out",
        )
    return [
        port_with_levels(word, dtr, rts) if comparisons.is_device(word) else word for word in words
    ]


def _print(r: comparisons.Comparison) -> None:
    console = Console(highlight=False, markup=False)
    console.print(f"A  {r.a}\nB  {r.b}", soft_wrap=True)
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for row in comparisons.figures(r):
        table.add_row(*row)
    console.print(table)
    for line in r.remarks:
        console.print(line, soft_wrap=True)
    worst = sorted((area for area in r.areas if area.error), key=lambda area: -abs(area.error))
    for area in worst[:5]:
        console.print(f"{area.area}: {area.a:.3f} % in A, {area.b:.3f} % in B ({area.error:+.2%})")
    p = r.first_divergence
    if p is None:
        same = "identical in all" if r.identical else "no difference was met in"
        console.print(f"{same} {r.bursts:,} bursts")
        return
    console.print(
        f"they part in burst {p.burst:,}: {p.area} {p.voxel} fires in {p.fired_in} only"
        + (f", and {p.neurons - 1} more neurons differ" if p.neurons > 1 else "")
    )
    for name, steps in (("A", p.a), ("B", p.b)):
        for step in steps or ("not known",):
            console.print(f"  {name}  {step}", soft_wrap=True)
