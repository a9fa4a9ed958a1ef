"""Sweep summary: one table and one picture of a sweep.

In:  a Plan and its Outcome.
Out: a row per unit; CSV; a picture of the chosen figure over the keys that vary.
Never: a mean that leaves out a unit without a row that says so.
"""

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import Any

from ...errors import UsageError
from ...files import replacing
from .file import Plan
from .run import Outcome

FIGURES = {"verify": "identical", "fidelity": "f1"}
FORMATS = (".png", ".svg", ".pdf")


def rows_of(plan: Plan, outcome: Outcome) -> list[dict[str, Any]]:
    """Every unit in order: its values, what came of it (or `error`), and its seconds."""
    rows = []
    for unit in plan.units:
        row: dict[str, Any] = {"unit": unit.name, **unit.values}
        facts = outcome.results.get(unit.name)
        if facts is None:
            row["error"] = outcome.failed.get(unit.name, "not run")
        else:
            result = facts["result"]
            row |= result if isinstance(result, dict) else {"result": result}
            row["seconds"] = facts.get("seconds")
        rows.append(row)
    return rows


def to_csv(rows: list[dict[str, Any]]) -> bytes:
    """The table as CSV, with every column that any row has."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def figure_of(plan: Plan, rows: list[dict[str, Any]], wanted: str | None = None) -> str | None:
    """The column to draw: the one wanted, or the first number of a result; None if there is none.

    Raises UsageError if no row has the one wanted.
    """
    skipped = {"unit", "error", "seconds", *(plan.units[0].values if plan.units else ())}
    numeric = list(dict.fromkeys(
        key for row in rows for key, value in row.items()
        if key not in skipped and isinstance(value, bool | int | float)
    ))  # fmt: skip
    chosen = wanted or FIGURES.get(plan.what) or (numeric[0] if numeric else None)
    if wanted is not None and wanted not in (*numeric, "seconds"):
        raise UsageError(
            f"no result of the sweep has the number {wanted!r}",
            f"use {', '.join((*numeric, 'seconds'))}",
        )
    return chosen if wanted or chosen in numeric else None


def means(
    plan: Plan, rows: list[dict[str, Any]], figure: str
) -> tuple[str, str, dict[str, dict[str, tuple[float, float, float, int]]]]:
    """The keys along x and of the lines, and per line and x: mean, least, most and count.

    x is the key with most values that is no seed; the lines are the next; the rest is averaged.
    """
    count = {key: len({str(row.get(key)) for row in rows}) for key in plan.varied}
    ranked = sorted(count, key=lambda key: (key == "seed", -count[key]))
    x = ranked[0] if ranked else next(iter(plan.units[0].values))
    line = ranked[1] if len(ranked) > 1 and ranked[1] != "seed" else ""
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if figure in row and row[figure] is not None:
            groups[str(row.get(line, ""))][str(row.get(x))].append(float(row[figure]))
    found = {
        name: {
            at: (sum(v) / len(v), min(v), max(v), len(v)) for at, v in sorted_values(points).items()
        }
        for name, points in groups.items()
    }
    return x, line, found


def sorted_values(points: dict[str, list[float]]) -> dict[str, list[float]]:
    """By number where all keys are numbers, else as they came."""
    try:
        return dict(sorted(points.items(), key=lambda item: float(item[0])))
    except ValueError:
        return points


def picture(plan: Plan, rows: list[dict[str, Any]], figure: str, path: Path) -> None:
    """Draws the figure: a dot per mean, a bar from least to most. Raises GanglionError."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    x, line, groups = means(plan, rows, figure)
    places = list(dict.fromkeys(at for points in groups.values() for at in points))
    canvas, axes = pyplot.subplots(
        figsize=(max(5.0, 1.5 + 0.5 * len(places)), 3.5), layout="constrained"
    )
    for i, (name, points) in enumerate(groups.items()):
        shift = (i - (len(groups) - 1) / 2) * 0.12
        at = [places.index(p) + shift for p in points]
        middle = [m for m, *_ in points.values()]
        spread = [[m - low for m, low, *_ in points.values()],
                  [high - m for m, _, high, _ in points.values()]]  # fmt: skip
        label = f"{line} {name}" if line else None
        axes.errorbar(at, middle, spread, marker="o", linestyle="none", capsize=2, label=label)
    axes.set_xticks(range(len(places)), places, rotation=30 if len(places) > 4 else 0, ha="right")
    axes.set_xlabel(x)
    axes.set_ylabel(figure)
    axes.grid(alpha=0.3)
    missing = sum("error" in row for row in rows)
    axes.set_title(
        f"{plan.what}: {len(rows):,} units" + (f", {missing:,} failed" if missing else ""),
        fontsize="medium",
    )
    if line:
        axes.legend(frameon=False, fontsize="small")
    try:
        with replacing(path) as part:
            canvas.savefig(part, dpi=150)
    finally:
        pyplot.close(canvas)
