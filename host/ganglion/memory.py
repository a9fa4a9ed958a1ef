"""Memory: what a brain takes on a board, array by array, before anything is sent there.

In:  a QuantizedNetwork, its blob's sections, a Board.
Out: bytes of RAM by array, what they are per neuron and synapse, and whether they fit.
Never: an estimate: these are the arrays that firmware/lib/brain.py and netblob.py allocate.
"""

from .blob import sections
from .board import Board
from .errors import DoesNotFitError
from .network import QuantizedNetwork

REMEDIES = {
    "synapses": "lower the fan-out, or choose a board with more memory",
    "potentials": "compile with --state int16, or make the areas smaller",
}


def _words(n: int) -> int:
    return (n + 3) & ~3


def arrays(network: QuantizedNetwork, blob: bytes) -> dict[str, int]:
    """RAM in bytes that a device allocates for a brain, by array."""
    n = network.n_neurons
    size = {s.name: s.length for s in sections(blob)}
    limited = sum(p.count for p in network.populations if p.limit)
    counted = sum(p.count for p in network.populations if p.counts_down)
    rows = size.get("ROWS", 8 + 4)
    first = int(network.source[0]) if network.n_synapses else 0
    last = int(network.source[-1]) if network.n_synapses else -1
    offsets = 4 * (last - first + 2)
    driven = any(p.mp_driven for p in network.populations)
    return {
        "potentials": _words(n * network.storage // 8),
        "marks": _words(n),
        "fired set": _words((n + 7) // 8),
        "consecutive fires": _words(2 * limited),
        "countdowns": _words(2 * counted),
        "psp": _words(n) if driven else 4,
        "threshold offsets": _words(size.get("THRESHOLDS", 0)),
        "populations": 80 * len(network.populations),
        "classes": 16 * max(len(network.classes), 1),
        "row offsets": offsets,
        "synapses": _words(rows - 8 - offsets) if network.n_synapses else 4,
        "inputs": 12 * max(len(network.inputs), 1),
    }


STATE_ARRAYS = ("potentials", "marks", "fired set", "consecutive fires", "countdowns", "psp")


def summary(network: QuantizedNetwork, blob: bytes) -> dict[str, object]:
    """The figures of a report: totals, per neuron, per synapse."""
    parts = arrays(network, blob)
    state = sum(parts[name] for name in STATE_ARRAYS)
    return {
        "ram": parts,
        "ram_total": sum(parts.values()),
        "state_bytes_per_neuron": round(state / network.n_neurons, 3),
        "blob_bytes": len(blob),
        "blob_bytes_per_synapse": round(len(blob) / max(network.n_synapses, 1), 3),
        "sections": {s.name: s.length for s in sections(blob)},
    }


def check_fits(network: QuantizedNetwork, blob: bytes, board: Board) -> None:
    """Raises DoesNotFitError, naming the array and the remedy, if the board has no room."""
    parts = arrays(network, blob)
    largest = max(parts, key=lambda name: parts[name])
    remedy = REMEDIES.get(largest, "make the brain smaller, or choose a board with more memory")
    total, heap = sum(parts.values()), board.memory.heap
    if total > heap:
        raise DoesNotFitError(
            f"the brain takes {total:,} bytes of RAM and {board.name} has {heap:,}: "
            f"its {largest} alone take {parts[largest]:,}",
            remedy,
        )
    if parts[largest] > board.memory.block:
        raise DoesNotFitError(
            f"the brain's {largest} take {parts[largest]:,} bytes in one piece and the largest "
            f"piece on {board.name} is {board.memory.block:,}",
            remedy,
        )
    if network.n_neurons > board.limits.neurons:
        raise DoesNotFitError(
            f"the brain has {network.n_neurons:,} neurons and {board.name} takes "
            f"{board.limits.neurons:,}",
            "make the areas smaller",
        )
    if len(blob) > board.limits.blob:
        raise DoesNotFitError(
            f"the blob is {len(blob):,} bytes and {board.name} takes {board.limits.blob:,}",
            "make the brain smaller",
        )
