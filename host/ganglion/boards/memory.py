"""Memory: what a brain takes on a board, array by array, before anything is sent there.

In:  a QuantizedNetwork, its blob's sections, a Board.
Out: bytes of RAM by array, what they are per neuron and synapse, and whether they fit.
Never: an estimate: these are the arrays of the firmware's load/, queues.py and brain.py. What the
       firmware adds where memory is left over (load/leaks.py) is not among them.
"""

import struct
from typing import TYPE_CHECKING

import numpy as np

from ..blob.container import LARGE_VERSION, Section, sections
from ..errors import DoesNotFitError
from ..network.learning import ASSOCIATIVE, area_neurons
from ..network.model import MAX_NEURONS, QuantizedNetwork
from ..network.zones import MOST_TALLIED, has_tally, zones_of
from .layer_memory import layer_arrays, pieces

if TYPE_CHECKING:
    from .board import Board, Memory

REMEDIES = {
    "page of rows": "lower the fan-out, or choose a board with more memory",
    "blocks": "use fewer mappings, or choose a board with more memory",
    "potentials": "compile with --state int16, or make the areas smaller",
    "plastic weights": "join fewer areas by plastic rules, or make those areas smaller",
    "memory": "give memory areas fewer places (--policy memory_slots=N), or a smaller depth",
    "tallies": "use areas without leak, refractory period and consecutive fire limit",
}
STATE_ARRAYS = (
    "potentials", "tallies", "fired set", "countdowns", "consecutive fires", "psp",
)  # fmt: skip
SMALLER = "make the brain smaller, or choose a board with more memory"
SPARE = 6000  # bytes that a brain's objects take beside its arrays: OBJECTS of heap.py


def _words(n: int) -> int:
    return (n + 3) & ~3


def state(network: QuantizedNetwork) -> dict[str, int]:
    """RAM in bytes of the state, by array."""
    n, size = network.n_neurons, network.storage // 8
    counts = {"tallies": 0, "short": 0, "long": 0, "fires": 0}
    for p in network.populations:
        counts["tallies"] += p.count * has_tally(p)
        counts["short"] += p.count * (0 < p.snoozed < 256)
        counts["long"] += p.count * (p.snoozed > 255)
        counts["fires"] += p.count * (p.limit > MOST_TALLIED)
    driven = any(p.mp_driven for p in network.populations)
    driven |= any(c.mp_driven for c in network.classes)
    return {
        "potentials": _words((n + 3) * size),
        "tallies": _words(counts["tallies"]) + 4,
        "fired set": _words((n + 7) // 8) + 4,
        "countdowns": _words(counts["short"]) + _words(2 * counts["long"]),
        "consecutive fires": _words(2 * counts["fires"]),
        "psp": _words(n) if driven else 4,
    }


def tables(network: QuantizedNetwork, found: dict[str, Section], blob: bytes) -> dict[str, int]:
    """RAM in bytes of what does not change, by array; without the rows and their pages."""
    populations = len(network.populations)
    links = 0
    if "ROWS" in found:
        (links,) = struct.unpack_from("<H", blob, found["ROWS"].offset)
    return {
        "populations": 128 * populations,
        "kinds": _words(populations),
        "zones": 32 * len(zones_of(network.populations)),
        "queues": _queues(network.n_neurons, populations, "BLOCKS" in found),
        "threshold offsets": _words(found["THRESHOLDS"].length if "THRESHOLDS" in found else 0),
        "classes": 16 * max(len(network.classes), 1),
        "links": 32 * max(links, 1),
        "blocks": _words(found["BLOCKS"].length if "BLOCKS" in found else 0),
        "inputs": 16 * max(len(network.inputs), 1),
        **robot(network, found["ROBOT"].length if "ROBOT" in found else 0),
    }


def robot(network: QuantizedNetwork, size: int) -> dict[str, int]:
    """RAM in bytes of a robot's program of `size` bytes, and of the reports that it keeps."""
    program = network.robot
    if program is None:
        return {}
    report = 12 + 5 * program.slots + 4 * len(program.outputs)
    return {
        "robot": size + 4 * program.state_words + 64 * len(program.drivers),
        "robot's reports": _words(program.ring * report),
    }


def learning(network: QuantizedNetwork, found: dict[str, Section]) -> dict[str, int]:
    """RAM in bytes of what a brain learns and of the tables for it; nothing if it does not."""
    learns = network.learning
    if not learns:
        return {}
    areas = learns.windows()
    histories = sum(len(area_neurons(network, area)) for area in areas)
    blocks = [p.places for p in learns.projections if p.form == ASSOCIATIVE]
    memory = 0
    upstream = 0
    for m in learns.memories:
        words = 0
        for area in m.upstream:
            seen = area_neurons(network, area)
            words += (seen.stop - 1 >> 5) - (seen.start >> 5) + 1
        slots = len(area_neurons(network, m.area))
        memory += 4 * words * (m.depth + 1) + _words(m.depth + 1)
        memory += _words(slots) + 4 * slots + 4 * words * m.depth * slots
        upstream += len(m.upstream)
    sections = sum(found[name].length for name in ("TARGETS", "TWINS") if name in found)
    tables = 96 * len(learns.projections) + 32 * len(areas) + 48 * len(learns.twins)
    return {
        "histories": _words(histories),
        "plastic weights": _words(sum(p.places for p in learns.projections)),
        "presence": sum((places + 31 >> 5) * 4 for places in blocks),
        "memory": memory,
        "learning tables": tables + 64 * len(learns.memories) + 16 * upstream + sections,
    }


def _queues(neurons: int, populations: int, blocks: bool) -> int:
    """Of populations, and of the neurons that fire, of which not all have room at once."""
    most = min(neurons, max(256, min(neurons >> 2, 2048))) if blocks else 0
    scratch = 520 if blocks and most < neurons else 4
    return 14 * max(6, populations + 2 & ~1) + 12 * populations + 2 * most + scratch


def row_bytes(found: dict[str, Section], blob: bytes) -> tuple[int, int, int]:
    """Bytes of the rows kept in memory, of where their pages begin, and of the largest page."""
    if "ROWS" not in found:
        return 4, 4, 4
    at = found["ROWS"].offset
    links, _, _, pages = struct.unpack_from("<HHII", blob, at)
    offsets = np.frombuffer(blob, "<u4", pages + 1, at + 12 + 4 * links)
    return int(offsets[-1]), offsets.nbytes, int(np.diff(offsets).max())


def arrays(
    network: QuantizedNetwork, blob: bytes, memory: "Memory | None" = None
) -> dict[str, int]:
    """RAM in bytes that a device allocates for a brain, by array.

    Rows that do not fit the heap, or no piece of it, stay in flash; only a page takes RAM, of the
    largest one's size.
    """
    found = {s.name: s for s in sections(blob)}
    parts = {**state(network), **tables(network, found, blob), **learning(network, found)}
    if network.layers:
        return {**parts, **layer_arrays(network.layers, level_of(network, blob, memory))}
    kept, pages, page = row_bytes(found, blob)
    room = kept + pages + sum(parts.values()) + SPARE
    if memory is None or (room <= memory.heap and kept <= memory.block):
        return {**parts, "pages": pages, "rows": kept}
    return {**parts, "page of rows": page}


def level_of(network: QuantizedNetwork, blob: bytes, memory: "Memory | None") -> int:
    """Which weights of layers stay in flash: 0 none, 1 those of matrices, 2 large kernels too."""
    if memory is None:
        return 0
    beside = sum(state(network).values())
    beside += sum(tables(network, {s.name: s for s in sections(blob)}, blob).values()) + SPARE
    for level in (0, 1):
        found = pieces(network.layers, level)
        largest = max((max(sizes, default=0) for sizes in found.values()), default=0)
        if beside + sum(map(sum, found.values())) <= memory.heap and largest <= memory.block:
            return level
    return 2


def _largest_piece(network: QuantizedNetwork, blob: bytes, board: "Board") -> tuple[str, int]:
    """The array that takes most memory in one piece, and how much."""
    found = arrays(network, blob, board.memory)
    if network.layers:
        level = level_of(network, blob, board.memory)
        apart = pieces(network.layers, level).items()
        found |= {name: max(sizes, default=0) for name, sizes in apart}
    name = max(found, key=lambda name: found[name])
    return name, found[name]


def summary(network: QuantizedNetwork, blob: bytes) -> dict[str, object]:
    """The figures of a report: totals, per neuron, per synapse."""
    parts = {} if network.host_only else arrays(network, blob)
    held = state(network)
    of_state = sum(held[name] for name in STATE_ARRAYS)
    return {
        "ram": parts,
        "ram_total": sum(parts.values()),
        "state_bytes_per_neuron": round(of_state / network.n_neurons, 3),
        "blob_bytes": len(blob),
        "blob_bytes_per_synapse": round(len(blob) / network.n_synapses, 3)
        if network.n_synapses
        else None,
        "sections": {s.name: s.length for s in sections(blob)},
    }


def refuse_host_only(blob: bytes) -> None:
    """Raises DoesNotFitError if a blob has more neurons than any board numbers (SPEC 5.11)."""
    neurons = int.from_bytes(blob[20:24], "little")
    if blob[8:10] == LARGE_VERSION.to_bytes(2, "little") and neurons > MAX_NEURONS:
        raise DoesNotFitError(
            f"{neurons:,} neurons can matter, and a board holds {MAX_NEURONS:,}",
            "remove areas or mappings, or make the areas smaller; on this computer `simulate`, "
            "`fidelity` and `verify --device numba` run it as it is",
        )


def check_fits(network: QuantizedNetwork, blob: bytes, board: "Board") -> None:
    """Raises DoesNotFitError, naming the array and the remedy, if the board has no room."""
    refuse_host_only(blob)
    parts = arrays(network, blob, board.memory)
    largest = max(parts, key=lambda name: parts[name])
    remedy = REMEDIES.get(largest, SMALLER)
    if "int16" in remedy:
        narrower = sum(parts.values()) - parts[largest] // 2
        if network.storage <= 16:
            remedy = f"it is int16 already: {SMALLER}"
        elif narrower > board.memory.heap:
            remedy = f"with --state int16 it would still take {narrower:,}: {SMALLER}"
    total, heap = sum(parts.values()), board.memory.heap
    if total > heap:
        raise DoesNotFitError(
            f"the brain takes {total:,} bytes of RAM and {board.name} has {heap:,}: "
            f"its {largest} alone take {parts[largest]:,}",
            remedy,
        )
    whole, size = _largest_piece(network, blob, board)
    if size > board.memory.block:
        raise DoesNotFitError(
            f"the brain's {whole} take {size:,} bytes in one piece and the largest "
            f"piece on {board.name} is {board.memory.block:,}",
            remedy if whole == largest else REMEDIES.get(whole, SMALLER),
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
