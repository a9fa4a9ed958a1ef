"""Together: units of fidelity over one brain, their integers as one batch.

In:  Tasks of the same brain: other stimuli, seeds, widths.
Out: what came of each, as work.perform gives it alone.
Never: a unit that fails because another one did.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...errors import GanglionError
from ...frontends.read import connectome_of
from ..fidelity.batched import Comparison, device_of, run
from ..fidelity.measure import ReferenceRun, measure, record
from .work import Task, figures, prepared


def fidelity(tasks: Sequence[Task]) -> list[dict[str, Any]]:
    """{"result": ...} or {"error": sentence} of each. All have one brain, and one engine."""
    found: list[dict[str, Any]] = [{} for _ in tasks]
    bursts = tasks[0].settings["bursts"]
    try:
        with tempfile.TemporaryDirectory(prefix="ganglion-sweep-") as place:
            file = Path(place) / f"brain{tasks[0].suffix}"
            file.write_bytes(tasks[0].brain)
            connectome = connectome_of(file)[0]
        ready: list[tuple[int, Any, Comparison]] = []
        floats: dict[str, ReferenceRun] = {}
        for i, task in enumerate(tasks):
            try:
                stimulus, options, brain = prepared(task, connectome)
            except GanglionError as error:
                found[i] = {"error": str(error)}
                continue
            # `random` is made of a brain's own integers, and so is another one for each.
            key = stimulus.name if stimulus.drawn is None else f"{i}"
            if key not in floats:
                floats[key] = record(connectome, stimulus, bursts)
            ready.append((i, options, Comparison(brain, stimulus, floats[key])))
        runs = run(connectome, [one for *_, one in ready], bursts, device_of(tasks[0].engine))
    except GanglionError as error:
        return [facts or {"error": str(error)} for facts in found]
    for (i, options, one), engines in zip(ready, runs, strict=True):
        measured = measure(
            connectome, one.stimulus, bursts, options,
            reference=one.reference, brain=one.brain, engines=engines,
        )  # fmt: skip
        found[i] = {"result": figures(measured, one.brain)}
    return found
