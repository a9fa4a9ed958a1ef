"""Weights: what a run learnt, as a picture: each plastic synapse's weight over time.

In:  a Material (one run of a recording, and its brain).
Out: one picture: a row for each plastic synapse, or for each of several where there are many.
Never: shows a weight that the device is not known to have had.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError, UsageError
from ...network.learning import ASSOCIATIVE
from ...recording.material import RecordedRun
from ...recording.replay import RecordedInputs
from ...reference.integers import Reference
from .rasters import figure_of, plain, save, seconds_axis

_ROWS = 160
_COLUMNS = 400


def weights(material: RecordedRun, last: int) -> NDArray[np.int16]:
    """(places, last) the signed weight of every place after each burst; 0 where none is.

    Recordings hold digests and not weights, so the reference computes them; each digest that came
    must agree, up to and with `last`. Raises RecordingError where one does not, UsageError if the
    brain has no plastic synapse.
    """
    inputs = RecordedInputs(material.network, material.run)
    reference = Reference(material.network, drives=inputs.drives)
    learns = reference.learns
    if learns is None or not learns.projections:
        raise UsageError("the brain has no plastic synapse", "choose another --kind")
    told = dict(zip(material.run.number.tolist(), material.run.digest.tolist(), strict=True))
    places = sum(p.described.places for p in learns.projections)
    result = np.zeros((places, last), dtype=np.int16)
    for i in range(last):
        inputs.step(reference)
        digest = told.get(i + 1, -1)
        if digest >= 0 and digest != reference.digest():
            raise RecordingError(
                f"the device and the reference part in burst {i + 1}, so that its weights are "
                "not known from there on",
                f"draw bursts up to {i}, or ask `ganglion replay --to verify`",
            )
        result[:, i] = learns.signed_weights()
    return result


def weight_map(path: Path, material: RecordedRun, span: tuple[int, int], title: str) -> None:
    """The weights over time: darker is stronger, and red inhibits."""
    network = material.network
    found = weights(material, span[1])[:, span[0] - 1 :]
    rows, bursts = max(1, -(-len(found) // _ROWS)), max(1, -(-found.shape[1] // _COLUMNS))
    shown = np.stack([part.mean(axis=0) for part in np.split(found, range(rows, len(found), rows))])
    shown = shown[:, bursts - 1 :: bursts] if shown.shape[1] >= bursts else shown
    figure, axes = figure_of(4.2)
    edges = np.append(span[0] + bursts * np.arange(shown.shape[1]), span[1] + 1) - 0.5
    most = max(1.0, float(np.abs(shown).max(initial=0)))
    mesh = axes.pcolormesh(
        edges, np.arange(len(shown) + 1), shown, cmap="RdGy", vmin=-most, vmax=most
    )
    ticks, labels, at = [], [], 0
    for p in network.learning.projections:
        rule = network.learning.rules[p.rule]
        ends = network.areas[rule.source].id, network.areas[rule.target].id
        kind = "associative" if p.form == ASSOCIATIVE else "plastic"
        ticks.append((at + p.places / 2) / rows)
        labels.append(f"{ends[0]} to {ends[1]} ({kind}, {p.places:,})")
        at += p.places
        axes.axhline(at / rows, color="#111111", lw=0.5)
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.set_ylabel("synapses by rule" + (f" (means of {rows})" if rows > 1 else ""))
    axes.set_xlabel("burst" if bursts == 1 else f"burst (every {bursts})")
    figure.colorbar(mesh, ax=axes, label="weight (red: inhibits)", pad=0.01)
    seconds_axis(axes, material.seconds, material.clock)
    axes.set_title(plain(title), fontsize=10, loc="left")
    save(figure, path)
