"""Memory of layers: what their arrays take on a board (firmware: load/layers.py, layers.py).

In:  the layers of a network.
Out: bytes of RAM by array.
Never: an estimate, but of weights: they stay in flash if a board has no room for them.
"""

from ..blob.layers import row_words
from ..network.layers import Layer, Path

EVENTS = 252  # spikes that are listed before sums are emptied
IN_FILE = 4  # rows of a matrix in flash that are read at once
SUMS, FEW = 8192, 64  # as in firmware/lib/ganglion/load/layers.py


def _words(n: int) -> int:
    return (n + 3) & ~3


def weight_bytes(path: Path) -> int:
    """Of one path, as a blob and a board hold them."""
    if path.conv:
        channels, rows, columns, targets = (int(n) for n in path.weight.shape)
        return 4 * channels * rows * columns * row_words(targets, 8)
    return 4 * len(path.weight) * row_words(path.weight.shape[1], path.bits)


def _sums(number: int, layer: Layer) -> tuple[int, int]:
    """Neurons that are updated at once, and words of sums of two weights each."""
    unit, rows, least = layer.count, 1, 1
    lanes = max(
        (p.target_dims[0] * p.target_dims[1] * row_words(p.target_dims[2], p.bits) * 16 // p.bits
         for p in layer.paths),
        default=0,
    )  # fmt: skip
    whole = layer.period in (1, layer.count)
    if not layer.paths and layer.period == 1:
        unit, rows, least = 1, layer.count, FEW
    elif layer.paths:
        target = layer.paths[0].target_dims
        same = all(p.conv and p.source != number and p.target_dims == target for p in layer.paths)
        if same and (whole or target[1] * target[2] % layer.period == 0):
            rows = target[0]
            unit, lanes = layer.count // rows, lanes // rows
    n = min(rows, max(least, SUMS // (4 * unit + 4 * lanes)))
    return n * unit, n * lanes


def layer_arrays(layers: tuple[Layer, ...], in_flash: bool) -> dict[str, int]:
    """RAM in bytes by array; none of a network without layers."""
    if not layers:
        return {}
    paths = [p for layer in layers for p in layer.paths]
    found = [_sums(i, layer) for i, layer in enumerate(layers)]
    sums, lanes = max(n for n, _ in found), max(n for _, n in found)
    most = max(layer.most for layer in layers)
    kept = [p for p in paths if p.conv or not in_flash]
    rows = [4 * row_words(p.weight.shape[1], p.bits) for p in paths if in_flash and not p.conv]
    vectors = sum(
        4 * len(x.bias) + 48 * (x.period if max(map(len, (
            x.threshold, x.size, x.reset_to, x.drift, x.leak, x.leak_current))) > 1 else 1)
        + sum(4 * len(p.multiplier) for p in x.paths)
        for x in layers
    )  # fmt: skip
    return {
        "weights": sum(weight_bytes(p) for p in kept),
        "rows of weights": IN_FILE * max(rows, default=0),
        "spikes": sum(_words(x.count) for x in layers),
        "currents": sum(4 * x.count for x in layers if x.current),
        "sums": 4 * sums + 4 * lanes + 4,
        "events": 4 * (EVENTS + 4 * most) + 40,
        "vectors": vectors,
    }
