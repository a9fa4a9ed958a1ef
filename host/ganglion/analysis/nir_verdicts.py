"""What becomes of each node of a NIR file: a verdict, and the reason for it.

In:  the path of a file, and the Facts that its user gave.
Out: a Verdict per node: exact, quantized (by how much), assumed (which fact) or refused (why).
Never: hides that a fact is a tool's default; a verdict without its node.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from ..connectome.layered import LayeredConnectome
from ..errors import GanglionError
from ..frontends.nir.facts import Facts
from ..frontends.nir.file import NirError, read
from ..frontends.nir.graph import NEURONS, flatten
from ..frontends.nir.lower import lower
from ..frontends.nir.model import Model, understand
from ..frontends.nir.shapes import infer
from ..frontends.nir.tools import rule_of
from ..quantization.layers import LayerNote, quantize_layers

STATUSES = ("exact", "quantized", "assumed", "refused")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`status` is the weakest of what holds for the node; `words` say all of it."""

    node: str
    type: str
    status: str
    words: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.status}: {self.node} ({self.type}): {self.words}"


def verdicts(path: Path, facts: Facts, bits: int = 8) -> tuple[Verdict, ...]:
    """One for each node, in the order of a step. Raises NirError if the file is no graph at all."""
    raw = read(path)
    graph = flatten(raw)
    ops = infer(graph)
    refused: list[Verdict] = []
    for op in ops:
        if op.type in NEURONS:
            try:
                rule_of(op, facts)
            except NirError as error:
                refused.append(Verdict(op.name, op.type, "refused", str(error)))
    if refused:
        names = {verdict.node for verdict in refused}
        rest = [
            Verdict(op.name, graph.nodes[op.name].type, "exact", "read; nothing is lost so far")
            for op in ops
            if op.name not in names
        ]
        return (*refused, *rest)
    model = understand(raw, facts)
    try:
        connectome = lower(model)
        notes = {n.name: n for n in quantize_layers(connectome, bits).notes}
    except GanglionError as error:
        return (Verdict(str(path.name), "NIRGraph", "refused", str(error)),)
    return tuple(_of(model, connectome, name, notes) for name in graph.order)


def _of(
    model: Model, connectome: LayeredConnectome, name: str, notes: dict[str, LayerNote]
) -> Verdict:
    kind = model.graph.nodes[name].type
    if kind in NEURONS:
        return _neurons(model, name, kind, notes)
    if kind == "Flatten" and model.facts.get("flatten", name):
        fact = model.facts.get("flatten", name)
        if fact is not None and not fact.given and kind == "Flatten":
            return Verdict(name, kind, "assumed", f"flatten = {fact.value}, the tool's default")
    layer = _behind(model, name)
    note = notes.get(layer) if layer else None
    if kind in ("Linear", "Affine", "Conv1d", "Conv2d", "Scale") and note is not None:
        if note.exact_weights:
            return Verdict(name, kind, "exact", "every weight is a whole number of one unit")
        share = 100 * note.weight_error
        return Verdict(
            name, kind, "quantized", f"weights are off by up to {share:.2g} % of the largest"
        )
    return Verdict(name, kind, "exact", "nothing is lost")


def _behind(model: Model, name: str) -> str | None:
    """The layer of neurons that a map leads to."""
    todo = list(model.graph.leads_to(name))
    seen = set(todo)
    while todo:
        node = todo.pop(0)
        if model.graph.nodes[node].type in (*NEURONS, "Output"):
            return node
        for after in model.graph.leads_to(node):
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return None


def _neurons(model: Model, name: str, kind: str, notes: dict[str, LayerNote]) -> Verdict:
    rule = model.rules[name]
    given = [f"{k} = {f.value}" for k, f in rule.asked.items() if f.given]
    assumed = [f"{k} = {f.value}" for k, f in rule.asked.items() if not f.given]
    note = notes.get(name)
    words = []
    if assumed:
        words.append(f"{', '.join(assumed)} by default of the source")
    if given:
        words.append(f"{', '.join(given)} as given")
    kept = [rule.keep] + ([rule.current.keep] if rule.current else [])
    whole = all(bool((k * 2**20 == (k * 2**20).round()).all()) for k in kept)
    if note is not None:
        words.append(
            f"potentials have {note.fraction_bits} bits beyond those of a weight"
            if not whole
            else "its decay is exact"
        )
    status = "assumed" if assumed else "exact" if whole else "quantized"
    return Verdict(name, kind, status, "; ".join(words) or "nothing is lost")
