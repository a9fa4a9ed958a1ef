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
from ...analysis.comparison import html as html_report
from ...analysis.comparison import learnt
from ...analysis.comparison.compare import Comparison, compare
from ...errors import MismatchError, UsageError
from ...reference.stimulus import DEFAULT_STIMULUS
from ..options.device import progress, waiting
from ..options.junit import junit_option, reported
from ..options.nir import nir_options
from ..options.output import OutputFile
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
@nir_options
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(
    a: str, b: str, bursts: int | None, stimulus: str, brain: Path | None, report: Path | None,
    min_similarity: float | None, junit_path: Path | None, allow_different: bool, partial: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Compare the firing of A and B.

    Each is FILE.gbr (or FILE.gbr#2, its second run), sim:GENOME@fp32, @fp16 or @int8,
    sim:MODEL.nir@fp32 (as its tool computes) or @int8, sim:BRAIN.gbn, or a device (virtual, auto,
    a port; then --brain too).

    With a FILE.npz of `ganglion learned` as one of them, compare what was learnt; the other may be
    a recording: what its brain has learnt at the end.
    """
    if any(learnt.is_learnt(word) for word in (a, b)):
        if min_similarity is not None or report is not None or junit_path is not None:
            raise UsageError(
                "--min-similarity, --report and --junit are of firing, and a file of what was "
                "learnt was named",
                "leave them out",
            )
        found = learnt.compare_learnt(a, b)
        click.echo(json.dumps(found.as_dict()) if as_json else str(found))
        return
    with reported(junit_path, "ganglion compare", f"{a} and {b}") as told_facts:
        with progress("comparing", 2 * (bursts or 1000)) as advance:
            seen: dict[str, int] = {}

            def told(label: str, done: int, total: int) -> None:
                seen[label] = done
                advance(round(2 * (bursts or 1000) * sum(seen.values()) / (2 * total)))

            compared = compare((a, b), bursts=bursts, stimulus=stimulus, brain=brain, progress=told)
        if report is not None:
            with waiting("drawing the report"):
                html_report.write(compared, report, TALK.command)
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
        if min_similarity is None:
            return
        if not result.same_neurons and not allow_different:
            raise MismatchError(
                f"A and B are different brains: {result.only_in_a:,} neurons only in A, "
                f"{result.only_in_b:,} only in B",
                "name runs of one genome, or say that it is meant with --allow-different",
            )
        missing = "; ".join(word for word in (result.missing_a, result.missing_b) if word)
        if not result.bursts or ((result.bursts_left_out or missing) and not partial):
            raise MismatchError(
                f"{result.bursts:,} bursts were seen by both sides, which is not all: "
                f"{missing or f'{result.bursts_left_out:,} were not'}",
                "record again without losses, or be content with them by --partial",
            )
        if result.similarity < min_similarity:
            raise MismatchError(
                f"the similarity is {result.similarity:.6f}, and {min_similarity:g} was asked for",
                "see where they part with --report OUT.html",
            )


def _print(r: Comparison) -> None:
    console = Console(highlight=False, markup=False)
    console.print(f"A  {r.a}\nB  {r.b}", soft_wrap=True)
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for row in html_report.figures(r):
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
