"""A flat graph in the order in which a step runs through it.

In:  a RawGraph.
Out: a Graph: nodes by name, what feeds each, the order of a step; which edges arrive one step
     late, because they close a loop through one layer of neurons.
Never: reads a parameter; guesses the order of a loop through several layers: it refuses it.
"""

from dataclasses import dataclass, field

from .file import NirError, RawGraph, RawNode

SPIKING = ("LIF", "IF", "CubaLIF", "Threshold")
LEAKY = ("LI", "I")
NEURONS = (*SPIKING, *LEAKY)
MAPS = ("Linear", "Affine", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten")
KNOWN = ("Input", "Output", "Delay", *NEURONS, *MAPS)


@dataclass(frozen=True, slots=True)
class Graph:
    """`order` has every node but the outputs' names last; `late` are edges of one step's delay."""

    nodes: dict[str, RawNode]
    feeds: dict[str, tuple[str, ...]]  # the sources of each node, sorted
    order: tuple[str, ...]
    late: frozenset[tuple[str, str]]
    input: str
    output: str
    version: str = ""
    recurrent: frozenset[str] = field(default_factory=frozenset)  # neurons that feed themselves

    def leads_to(self, name: str) -> tuple[str, ...]:
        """The nodes that `name` feeds."""
        return tuple(n for n, sources in self.feeds.items() if name in sources)


def flatten(raw: RawGraph) -> Graph:
    """The graph without nesting, checked. Raises NirError, which names the node."""
    nodes, edges = _unnest(raw)
    for node in nodes.values():
        if node.type not in KNOWN:
            raise NirError(
                f"node {node.name} is of type {node.type}, which Ganglion does not run",
                f"use {', '.join(KNOWN[3:])}",
            )
    ends = {}
    for kind in ("Input", "Output"):
        found = [n for n, node in nodes.items() if node.type == kind]
        if len(found) != 1:
            raise NirError(
                f"the graph has {len(found)} nodes of type {kind}",
                "give it one of each" if found else f"add the {kind} node that nir.read expects",
            )
        ends[kind] = found[0]
    feeds: dict[str, list[str]] = {n: [] for n in nodes}
    for a, b in edges:
        feeds[b].append(a)
    for n, node in nodes.items():
        if not feeds[n] and node.type != "Input":
            raise NirError(f"nothing leads to node {n}", "remove it, or connect it")
    _no_way_out(nodes, edges, ends["Output"])
    late, recurrent = _late(nodes, edges)
    order = _order(nodes, feeds, late)
    return Graph(
        nodes, {n: tuple(sorted(s)) for n, s in feeds.items()}, order, late,
        ends["Input"], ends["Output"], raw.version, recurrent,
    )  # fmt: skip


def _no_way_out(nodes: dict[str, RawNode], edges: set[tuple[str, str]], output: str) -> None:
    for n, node in nodes.items():
        if node.type == "Input" and any(b == n for _, b in edges):
            raise NirError(f"an edge leads into the Input node {n}", "remove it")
    if any(a == output for a, _ in edges):
        raise NirError(f"an edge leads out of the Output node {output}", "remove it")


def _unnest(raw: RawGraph) -> tuple[dict[str, RawNode], set[tuple[str, str]]]:
    """Nested graphs dissolved. A recurrent one of four nodes means input → neurons, whatever it
    says: Spyx writes input → w_rec."""
    nodes: dict[str, RawNode] = {}
    edges: set[tuple[str, str]] = set()
    entry: dict[str, str] = {}
    exit_: dict[str, str] = {}
    for key, member in raw.nodes.items():
        if isinstance(member, RawNode):
            nodes[member.name] = member
            entry[key] = exit_[key] = member.name
            continue
        inner, inside = _unnest(member)
        ends = {}
        for kind in ("Input", "Output"):
            found = [n for n, node in inner.items() if node.type == kind]
            if len(found) != 1:
                raise NirError(
                    f"the graph in node {member.name} has {len(found)} nodes of type {kind}",
                    "give it one of each",
                )
            ends[kind] = found[0]
        first, last = ends["Input"], ends["Output"]
        cells = [n for n, node in inner.items() if node.type in NEURONS]
        if len(inner) == 4 and len(cells) == 1 and (_only(inside, cells[0]) is not None):
            inside = {(a, cells[0]) if a == first else (a, b) for a, b in inside}
        into = {b for a, b in inside if a == first}
        out_of = {a for a, b in inside if b == last}
        if len(into) != 1 or len(out_of) != 1:
            raise NirError(
                f"the graph in node {member.name} begins at {len(into)} nodes and ends at "
                f"{len(out_of)}",
                "let its Input lead to one node and one node to its Output",
            )
        entry[key], exit_[key] = into.pop(), out_of.pop()
        nodes |= {n: node for n, node in inner.items() if n not in (first, last)}
        edges |= {(a, b) for a, b in inside if first not in (a, b) and last not in (a, b)}
    edges |= {(exit_[a], entry[b]) for a, b in raw.edges}
    return nodes, edges


def _only(edges: set[tuple[str, str]], cell: str) -> str | None:
    """The node by which the neurons feed themselves."""
    back = {b for a, b in edges if a == cell} & {a for a, b in edges if b == cell}
    return back.pop() if len(back) == 1 else None


def _late(
    nodes: dict[str, RawNode], edges: set[tuple[str, str]]
) -> tuple[frozenset[tuple[str, str]], frozenset[str]]:
    """The edges out of a neuron that lead back to it and to no other neuron on the way."""
    after: dict[str, set[str]] = {n: set() for n in nodes}
    for a, b in edges:
        after[a].add(b)
    late: set[tuple[str, str]] = set()
    cells: set[str] = set()
    for group in _loops(after):
        neurons = sorted(n for n in group if nodes[n].type in NEURONS)
        if len(neurons) != 1:
            names = ", ".join(neurons or sorted(group))
            raise NirError(
                f"a loop leads through {len(neurons)} layers of neurons ({names})",
                "NIR does not say which edge of it is one step late: use recurrence through one "
                "layer only"
                if neurons
                else "a loop must lead through one layer of neurons",
            )
        cell = neurons[0]
        cells.add(cell)
        late |= {(cell, b) for b in after[cell] if b in group}
    rest = {n: {b for b in bs if (n, b) not in late} for n, bs in after.items()}
    for group in _loops(rest):
        raise NirError(
            f"nodes {', '.join(sorted(group))} form a loop without a layer of neurons",
            "a loop must lead through one layer of neurons",
        )
    return frozenset(late), frozenset(cells)


def _loops(after: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected parts that hold a loop: nodes that reach each other."""
    reach: dict[str, set[str]] = {}
    for start in after:
        seen: set[str] = set()
        todo = list(after[start])
        while todo:
            n = todo.pop()
            if n not in seen:
                seen.add(n)
                todo += after[n]
        reach[start] = seen
    groups: list[set[str]] = []
    for n in sorted(after):
        if n in reach[n] and not any(n in g for g in groups):
            groups.append({m for m in reach[n] if n in reach[m]})
    return groups


def _order(
    nodes: dict[str, RawNode], feeds: dict[str, list[str]], late: frozenset[tuple[str, str]]
) -> tuple[str, ...]:
    """Every node after what feeds it, but for late edges; of several, the first by name."""
    done: list[str] = []
    left = dict(sorted(nodes.items()))
    while left:
        ready = [n for n in left if all(s not in left or (s, n) in late for s in feeds[n])]
        assert ready, "loops were refused before"
        done.append(ready[0])
        del left[ready[0]]
    return tuple(done)
