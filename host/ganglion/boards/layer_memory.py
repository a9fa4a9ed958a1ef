"""Memory of layers: what their arrays take on a board (firmware: netlayers.py, layers.py).

In:  the layers of a network.
Out: bytes of RAM by array.
Never: an estimate, but of weights: they stay in flash if a board has no room for them.
"""

from ..blob.layers import row_words
from ..network.layers import Layer, Path

EVENTS = 252  # spikes that are listed before sums are emptied
IN_FILE = 4  # rows of a matrix in flash that are read at once


def _words(n: int) -> int:
    return (n + 3) & ~3


def weight_bytes(path: Path) -> int:
    """Of one path, as a blob and a board hold them."""
    if path.conv:
        channels, rows, columns, targets = (int(n) for n in path.weight.shape)
        return 4 * channels * rows * columns * row_words(targets, 8)
    return 4 * len(path.weight) * row_words(path.weight.shape[1], path.bits)


def layer_arrays(layers: tuple[Layer, ...], in_flash: bool) -> dict[str, int]:
    """RAM in bytes by array; none of a network without layers."""
    if not layers:
        return {}
    paths = [p for layer in layers for p in layer.paths]
    lanes = max(
        (p.target_dims[0] * p.target_dims[1] * row_words(p.target_dims[2], p.bits) * 16 // p.bits
         for p in paths),
        default=0,
    )  # fmt: skip
    most = max(layer.most for layer in layers)
    kept = [p for p in paths if p.conv or not in_flash]
    rows = [4 * row_words(p.weight.shape[1], p.bits) for p in paths if p not in kept]
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
        "sums": 4 * max(x.count for x in layers) + 4 * lanes + 4,
        "events": 4 * (EVENTS + 4 * most) + 40,
        "vectors": vectors,
    }
