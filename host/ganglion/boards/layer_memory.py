"""Memory of layers: what their arrays take on a board (firmware: load/layers.py, layers.py).

In:  the layers of a network.
Out: bytes of RAM by array.
Never: an estimate: what stays in flash is decided by the same figures as on the board.
"""

from ..blob.layers import row_words
from ..network.layers import Layer, Path

EVENTS = 252  # spikes that are listed before sums are emptied
IN_FILE = 4  # rows of a matrix in flash that are read at once
SUMS, FEW, PART = 8192, 64, 4096  # as in firmware/lib/ganglion/load/layers.py


def _words(n: int) -> int:
    return (n + 3) & ~3


def weight_bytes(path: Path) -> int:
    """Of one path, as a blob and a board hold them."""
    if path.conv:
        channels, rows, columns, targets = (int(n) for n in path.weight.shape)
        return 4 * channels * rows * columns * row_words(targets, 8)
    return 4 * len(path.weight) * row_words(path.weight.shape[1], path.bits)


def stays(path: Path, level: int) -> bool:
    """Whether a path's weights are in flash."""
    if path.conv:
        return level > 1 and weight_bytes(path) > PART
    return level > 0


def strip(number: int, layer: Layer) -> tuple[int, int, int]:
    """What is updated at once: neurons, rows of them, and words of sums of two weights each."""
    unit, rows, least = layer.count, 1, 1
    lanes = max(
        (p.target_dims[0] * p.target_dims[1] * row_words(p.target_dims[2], p.bits) * 16 // p.bits
         for p in layer.paths),
        default=0,
    )  # fmt: skip
    whole = layer.period == layer.count
    if not layer.paths and layer.period == 1:
        unit, rows, least = 1, layer.count, FEW
    elif layer.paths:
        target = layer.paths[0].target_dims
        same = all(p.conv and p.source != number and p.target_dims == target for p in layer.paths)
        if same and (whole or target[1] * target[2] % layer.period == 0):
            rows = target[0]
            unit, lanes = layer.count // rows, lanes // rows
    n = min(rows, max(least, SUMS // (4 * unit + 4 * lanes)))
    return n * unit, n, n * lanes


def places(number: int, layer: Layer, path: Path) -> int:
    """Places of the source that the rows of the target which are updated at once meet, at most."""
    updated, *_ = strip(number, layer)
    rows = path.target_dims[0]
    if updated < layer.count:
        rows = updated * rows // layer.count
    met = min(path.pooled[0], (rows - 1) * path.stride[0] + path.weight.shape[1])
    return int(met * path.pool[0] * path.source_dims[1])


def _part(places: int, path: Path) -> tuple[int, int]:
    """Bytes of a kernel in flash that are read at once, and of the spikes that they meet."""
    each = weight_bytes(path) // path.source_dims[2]
    some = max(1, min(PART // each, PART // places))
    if some > 3:
        some &= ~3
    return some * each, _words(places * some)


def pieces(layers: tuple[Layer, ...], level: int) -> dict[str, list[int]]:
    """RAM in bytes of each array, by its kind; none of a network without layers.

    level: 0 all weights are in RAM; 1 those of matrices are in flash; 2 kernels of convolutions
    too, but for those of at most PART bytes.
    """
    if not layers:
        return {}
    paths = [(i, layer, p) for i, layer in enumerate(layers) for p in layer.paths]
    away = [(i, layer, p) for i, layer, p in paths if stays(p, level)]
    sizes = [strip(i, layer) for i, layer in enumerate(layers)]
    sums, lanes = max(n for n, _, _ in sizes), max(n for _, _, n in sizes)
    most = max(layer.most for layer in layers)
    gone = {id(p) for _, _, p in away}
    rows = [4 * row_words(p.weight.shape[1], p.bits) for _, _, p in away if not p.conv]
    parts = [_part(places(i, layer, p), p) for i, layer, p in away if p.conv]
    vectors = []
    for x in layers:
        varies = max(map(len, (
            x.threshold, x.size, x.reset_to, x.drift, x.leak, x.leak_current))) > 1  # fmt: skip
        vectors += [4 * len(x.bias), 48 * (x.period if varies else 1)]
        vectors += [4 * len(p.multiplier) for p in x.paths]
    return {
        "weights": [weight_bytes(p) for _, _, p in paths if id(p) not in gone],
        "rows of weights": [IN_FILE * max(rows, default=0)],
        "parts of kernels": [max((a for a, _ in parts), default=0),
                             max((b for _, b in parts), default=0)],
        "spikes": [_words(x.count) for x in layers],
        "currents": [4 * x.count for x in layers if x.current],
        "sums": [4 * sums, 4 * lanes + 4],
        "events": [4 * (EVENTS + 4 * most), 40],
        "vectors": vectors,
    }  # fmt: skip


def layer_arrays(layers: tuple[Layer, ...], level: int) -> dict[str, int]:
    """RAM in bytes by array; none of a network without layers. `level`: see `pieces`."""
    return {name: sum(sizes) for name, sizes in pieces(layers, level).items()}
