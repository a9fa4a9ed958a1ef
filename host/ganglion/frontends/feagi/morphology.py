"""Morphology: which target voxels a source voxel connects to.

In:  a morphology (vectors, patterns or a named function) and the dimensions of two areas.
Out: pairs of voxel numbers (x outermost, then y, then z), sorted, each once.
Never: knows neurons, weights or areas; allocates more than `bound` announces.

Every rule here is a union of blocks, and in a block the three axes are independent: each axis
has its own list of (source, target) coordinates, and the block is their Cartesian product.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import GenomeError

Dimensions = tuple[int, int, int]
Element = int | str  # a coordinate, or "*" (any), "?" (the source's), "!" (any but the source's)
Pattern = tuple[tuple[Element, Element, Element], tuple[Element, Element, Element]]
Coordinates = NDArray[np.int64]
AxisPairs = tuple[Coordinates, Coordinates]  # source and target coordinates, same length
Block = tuple[AxisPairs, AxisPairs, AxisPairs]

FUNCTIONS = ("projector", "block_to_block")
"""Functions of which FEAGI makes synapses."""
HELPERS = ("expander", "expander_x", "reducer_x", "lateral_pairs_x", "last_to_first")
"""Functions that FEAGI defines and does not apply; we apply them (policy helper_morphologies)."""
MEMORY = ("episodic_memory", "memory_replay", "associative_memory")
"""Functions of FEAGI's pattern memory, which make no fixed synapse."""


@dataclass(frozen=True)
class Morphology:
    """A named connection rule. `type` is vectors, patterns, functions or composite."""

    name: str
    type: str
    vectors: tuple[tuple[int, int, int], ...] = ()
    patterns: tuple[Pattern, ...] = ()
    path: str = field(default="$", compare=False)

    @property
    def has_rule(self) -> bool:
        """Whether we know what it connects."""
        if self.type == "functions":
            return self.name in FUNCTIONS or self.name in HELPERS
        return self.type in ("vectors", "patterns")

    @property
    def blocks(self) -> int:
        """How many blocks it is made of; patterns without a wildcard are one together."""
        return max(1, len(self.vectors) + len(self.wildcard_patterns))

    @cached_property
    def wildcard_patterns(self) -> tuple[Pattern, ...]:
        """The patterns in which a *, ? or ! stands, each once."""
        return tuple(p for p in dict.fromkeys(self.patterns) if not _is_exact(p))

    @cached_property
    def exact_patterns(self) -> Coordinates:
        """(k, 2, 3) source and target of the patterns that are integers only."""
        exact = [p for p in self.patterns if _is_exact(p)]
        return np.array(exact, dtype=np.int64).reshape(-1, 2, 3)

    @property
    def skips_existing(self) -> bool:
        """Vectors add no second synapse between two neurons; the other rules do."""
        return self.type == "vectors"

    @property
    def from_one_neuron(self) -> bool:
        """The function block_to_block projects from one neuron per voxel, not from all."""
        return self.type == "functions" and self.name == "block_to_block"


def bound(morphology: Morphology, source: Dimensions, target: Dimensions) -> int:
    """At most so many pairs, known without allocating them."""
    per_source = 1
    if morphology.type == "vectors":
        return len(morphology.vectors) * _voxels(source)
    if morphology.type == "patterns":
        blocks = (_pattern_bound(p, source, target) for p in morphology.wildcard_patterns)
        return len(morphology.exact_patterns) + sum(blocks)
    if morphology.name == "projector":
        return int(np.prod([max(s, t) for s, t in zip(source, target, strict=True)], dtype=object))
    if morphology.name == "reducer_x":
        per_source = min(target[0], 32)
    return per_source * _voxels(source)


def pairs(
    morphology: Morphology, source: Dimensions, target: Dimensions
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Source and target voxels that the morphology connects, ascending by source, then target."""
    keys = [_block_keys(block, source, target) for block in blocks(morphology, source, target)]
    if morphology.type == "patterns":  # appended even if empty, so that repeats are looked for
        keys.append(_exact_keys(morphology.exact_patterns, source, target))
    if not keys:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty
    merged = np.sort(np.concatenate(keys))
    if len(keys) > 1:  # blocks may overlap; a block alone never repeats a pair
        merged = merged[np.diff(merged, prepend=-1) > 0]
    first, second = np.divmod(merged, _voxels(target))
    return first, second


def targets(
    morphology: Morphology, location: Dimensions, source: Dimensions, target: Dimensions
) -> list[Dimensions]:
    """The target voxels of one source voxel, as coordinates."""
    if any(not 0 <= at < size for at, size in zip(location, source, strict=True)):
        raise GenomeError(
            f"voxel {location} lies outside a source area of {source}",
            "use coordinates from 0 to the dimension minus 1",
        )
    first, second = pairs(morphology, source, target)
    voxel = (location[0] * source[1] + location[1]) * source[2] + location[2]
    chosen = second[first == voxel]
    x, yz = np.divmod(chosen, target[1] * target[2])
    y, z = np.divmod(yz, target[2])
    return list(zip(x.tolist(), y.tolist(), z.tolist(), strict=True))


def blocks(morphology: Morphology, source: Dimensions, target: Dimensions) -> list[Block]:
    """The morphology as a union of products of axis pairs, but for patterns of integers only."""
    sizes = list(zip(source, target, strict=True))
    if morphology.type == "vectors":
        return [
            _block([_shifted(s, t, step) for (s, t), step in zip(sizes, vector, strict=True)])
            for vector in dict.fromkeys(morphology.vectors)
        ]
    if morphology.type == "patterns":
        return [
            _block([_matched(s, t, a, b) for (s, t), a, b in zip(sizes, *pattern, strict=True)])
            for pattern in morphology.wildcard_patterns
        ]
    if not morphology.has_rule:
        raise GenomeError(
            f"morphology {morphology.name} ({morphology.type}) has no known rule",
            "use vectors, patterns, projector or block_to_block",
        )
    match morphology.name:
        case "projector":
            return [_block([_projected(s, t) for s, t in sizes])]
        case "block_to_block":
            return [_block([_clamped(s, t) for s, t in sizes])]
        case "expander" | "expander_x":
            return [_block([_expanded(s, t) for s, t in sizes])]
        case "lateral_pairs_x":
            x, *rest = sizes
            return [_block([_swapped(*x), *(_shifted(s, t, 0) for s, t in rest)])]
        case "reducer_x":
            x, *rest = sizes
            return [_block([_bits(*x), *(_to_first(s, t) for s, t in rest)])]
        case _:  # last_to_first
            return [_block([_last(s) for s, _ in sizes])]


# One axis: lists of (source, target) coordinates --------------------------------------------


def _projected(size: int, onto: int) -> AxisPairs:
    """FEAGI divides in float32, and its truncations are kept: 16 onto 14 sends 8 to 6."""
    if size == onto:
        return np.arange(size), np.arange(size)
    if size > onto:
        here = np.arange(size)
        there = (here.astype(np.float32) / (np.float32(size) / np.float32(onto))).astype(np.int64)
    else:
        there = np.arange(onto)
        here = (there.astype(np.float32) / (np.float32(onto) / np.float32(size))).astype(np.int64)
    inside = (here < size) & (there < onto)
    return here[inside], there[inside]


def _shifted(size: int, onto: int, step: int) -> AxisPairs:
    here = np.arange(max(0, -step), max(0, -step, min(size, onto - step)))
    return here, here + step


def _clamped(size: int, onto: int) -> AxisPairs:
    here = np.arange(size)
    return here, np.minimum(here, onto - 1)


def _expanded(size: int, onto: int) -> AxisPairs:
    here = np.arange(size)
    scaled = here.astype(np.float32) * (np.float32(onto) / np.float32(size))
    return here, np.minimum(scaled.astype(np.int64), onto - 1)


def _swapped(size: int, onto: int) -> AxisPairs:
    """0 with 1, 2 with 3, and so on; a last one without partner connects to nothing."""
    here = np.arange(size)
    there = here ^ 1
    inside = (there < size) & (there < onto)
    return here[inside], there[inside]


def _bits(size: int, onto: int) -> AxisPairs:
    """Coordinate x connects to the positions of the bits that are set in x."""
    here, bit = np.meshgrid(np.arange(size), np.arange(min(onto, 32)), indexing="ij")
    lit = (here >> bit) & 1 == 1
    return here[lit], bit[lit]


def _to_first(size: int, onto: int) -> AxisPairs:
    return np.arange(size), np.zeros(size, dtype=np.int64)


def _last(size: int) -> AxisPairs:
    return np.array([size - 1]), np.array([0])


def _matched(size: int, onto: int, source: Element, target: Element) -> AxisPairs:
    """One axis of a pattern: an integer must be met, every other source element matches all."""
    if isinstance(source, int):
        here = np.array([source] if 0 <= source < size else [], dtype=np.int64)
    else:
        here = np.arange(size)
    if target == "?":
        here = here[here < onto]
        return here, here
    if isinstance(target, int):
        there = np.array([target] if 0 <= target < onto else [], dtype=np.int64)
    else:
        there = np.arange(onto)
    left, right = (grid.ravel() for grid in np.meshgrid(here, there, indexing="ij"))
    if target == "!":
        other = left != right
        return left[other], right[other]
    return left, right


# Blocks ---------------------------------------------------------------------------------------


def _block(axes: list[AxisPairs]) -> Block:
    x, y, z = axes
    return x, y, z


def _block_keys(block: Block, source: Dimensions, target: Dimensions) -> NDArray[np.int64]:
    """One number per pair: source voxel · target voxels + target voxel."""
    numbers = [
        (
            (block[0][side][:, None, None] * size[1] + block[1][side][None, :, None]) * size[2]
            + block[2][side][None, None, :]
        ).ravel()
        for side, size in ((0, source), (1, target))
    ]
    keys: NDArray[np.int64] = numbers[0] * _voxels(target) + numbers[1]
    return keys


def _is_exact(pattern: Pattern) -> bool:
    return all(isinstance(element, int) for side in pattern for element in side)


def _exact_keys(ends: Coordinates, source: Dimensions, target: Dimensions) -> Coordinates:
    """The patterns of integers only: one pair each, if both ends exist."""
    inside = ((ends >= 0) & (ends < np.array([source, target]))).all(axis=(1, 2))
    ends = ends[inside]
    numbers = [
        (ends[:, side, 0] * size[1] + ends[:, side, 1]) * size[2] + ends[:, side, 2]
        for side, size in ((0, source), (1, target))
    ]
    keys: Coordinates = numbers[0] * _voxels(target) + numbers[1]
    return keys


def _voxels(size: Dimensions) -> int:
    return size[0] * size[1] * size[2]


def _pattern_bound(pattern: Pattern, source: Dimensions, target: Dimensions) -> int:
    product = 1
    for size, onto, here, there in zip(source, target, *pattern, strict=True):
        from_here = 1 if isinstance(here, int) else size
        product *= from_here * (onto if there in ("*", "!") else 1)
    return product
