"""Layers in integers: SPEC 12.2, what a device must equal, bit for bit.

In:  the layers of a network, and its potentials.
Out: after each burst the potentials, the currents and how often each neuron fired.
Never: floating point.
"""

import numpy as np
from numpy.typing import NDArray

from ..network.layers import LIMIT, Ints, Layer, Path


class LayerReference:
    """The layers of one brain, running. `spikes` and `current` are (N of all layers,)."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self.layers = layers
        self.first = layers[0].first
        self.count = layers[-1].stop - self.first
        self._dense = {id(p): self._weights(p) for layer in layers for p in layer.paths}
        self.reset()

    def _weights(self, path: Path) -> Ints:
        return path.weight.astype(np.int64)

    def _leaked(self, v: Ints, leak: Ints) -> Ints:
        return leaked(v, leak)

    def reset(self) -> None:
        self.spikes: Ints = np.zeros(self.count, np.int64)
        self.current: Ints = np.zeros(self.count, np.int64)

    def arrays(self) -> list[bytes]:
        """What the digest takes up beside the rest (SPEC 12.3)."""

        def of(values: Ints, layer: Layer) -> Ints:
            return values[layer.first - self.first : layer.stop - self.first]

        currents = [of(self.current, x).astype("<i4").tobytes() for x in self.layers if x.current]
        return currents + [of(self.spikes, x).astype("u1").tobytes() for x in self.layers]

    def step(self, potential: Ints) -> Ints:
        """One burst: changes `potential` (N,). Returns the neurons that fired, ascending."""
        for layer in self.layers:
            here = slice(layer.first, layer.stop)
            mine = slice(layer.first - self.first, layer.stop - self.first)
            self._update(layer, potential[here], mine)
        return np.flatnonzero(self.spikes) + self.first

    def _update(self, layer: Layer, v: Ints, mine: slice) -> None:
        """L1 to L6; v is a view."""
        spread = layer.spread
        threshold, size = spread(layer.threshold), spread(layer.size)
        fires = v >= threshold
        if layer.from_old:  # L1
            self.spikes[mine] = fires
        x = spread(layer.bias).copy()  # L2
        for path in layer.paths:
            x += self._arrives(path, layer)
        self._gathered(x)
        np.clip(x, -LIMIT, LIMIT, out=x)
        j, i = x, self.current[mine]  # L3
        if layer.current == 1:
            j = i = np.clip(self._leaked(i, spread(layer.leak_current)) + x, -LIMIT, LIMIT)
        elif layer.current == 2:
            j = i = self._leaked(np.clip(i + x, -LIMIT, LIMIT), spread(layer.leak_current))
        elif layer.current == 3:
            j = np.clip(i + x, -LIMIT, LIMIT)
            i = self._leaked(j, spread(layer.leak_current))
        self.current[mine] = i
        w = v.copy()  # L4
        taken = np.where(fires, size, 0)
        if layer.at == 1:
            w = np.where(fires, spread(layer.reset_to), w) if layer.reset == 1 else w - taken
        w = self._leaked(w, spread(layer.leak)) + spread(layer.drift)
        w += np.where(fires, 0, j) if layer.loses_input else j
        if layer.at == 2 or layer.gives_back:
            w -= taken
        z = np.zeros(layer.count, np.int64)  # L5
        if layer.from_old:
            pass
        elif layer.emit == 1:
            z = (w >= threshold).astype(np.int64)
        elif layer.emit == 2:
            some = np.maximum(size, 1)
            z = np.where(w >= threshold, (w - threshold) // some + 1, 0)
            self._counted(z, layer)
            z = np.minimum(z, layer.most)
        if layer.at == 0 and layer.reset == 2:  # L6
            w -= z * size - (taken if layer.gives_back else 0)
        elif layer.at == 0 and layer.reset == 1:
            w = np.where(z > 0, spread(layer.reset_to), w)
        self._decided(layer, fires, j, z, w)
        v[:] = np.clip(w, layer.low, layer.high)
        if not layer.from_old:
            self.spikes[mine] = z

    def _gathered(self, x: Ints) -> None:
        """Told the sums of a layer, before L2 limits them."""

    def _counted(self, z: Ints, layer: Layer) -> None:
        """Told how often each neuron would fire, before L5 limits it."""

    def _decided(self, layer: Layer, fires: NDArray[np.bool_], j: Ints, z: Ints, w: Ints) -> None:
        """Told what a layer came to, before L6 limits its potentials."""

    def _arrives(self, path: Path, layer: Layer) -> Ints:
        """(count,) the sum of multiplier · weight · spikes of one path."""
        source = self.layers[path.source]
        at = source.first - self.first
        z = self.spikes[at : at + source.count].reshape(path.source_dims)
        h, w, c = path.pooled
        z = z[: h * path.pool[0], : w * path.pool[1]]
        z = z.reshape(h, path.pool[0], w, path.pool[1], c).sum(axis=(1, 3))
        weight = self._dense[id(path)]
        total = convolved(z, weight, path).reshape(-1) if path.conv else z.reshape(-1) @ weight
        result: Ints = total * layer.spread(path.multiplier)
        return result


def convolved(z: Ints, weight: Ints, path: Path) -> Ints:
    """(rows, columns, channels) of the target: each spike's kernel added where it reaches.

    One product of matrices per place of the kernel: in float64, which has BLAS, where every sum
    is below 2^53 and so exact; in integers else.
    """
    rows, columns, channels = path.target_dims
    most = int(np.abs(z).max(initial=0)) * int(np.abs(weight).max(initial=0))
    number = np.float64 if most * weight[..., 0].size < 1 << 53 else weight.dtype
    spikes, kernel = z.astype(number), weight.astype(number)
    out = np.zeros((rows, columns, channels), number)
    for ky in range(weight.shape[1]):
        ty, y = _meeting(path.before[0] - ky, path.stride[0], rows, z.shape[0])
        for kx in range(weight.shape[2]):
            tx, x = _meeting(path.before[1] - kx, path.stride[1], columns, z.shape[1])
            out[ty, tx] += spikes[y, x] @ kernel[:, ky, kx]
    return out.astype(weight.dtype)


def _meeting(before: int, stride: int, target: int, source: int) -> tuple[slice, slice]:
    """Where one place of the kernel arrives on one axis of the target, and where from."""
    first = max(0, -(-before // stride))
    last = max(first, min(target, (source - 1 + before) // stride + 1))
    start = first * stride - before
    return slice(first, last), slice(start, start + (last - first) * stride, stride)


def leaked(v: Ints, leak: NDArray[np.int64]) -> Ints:
    """U6 of SPEC 2 for each v; leak is (n, 3): L, s, f."""
    code, shift, fine = leak[:, 0], leak[:, 1], leak[:, 2]
    size = np.abs(v)
    half = np.where(shift > 0, 1 << np.maximum(shift - 1, 0), 0)
    delta = (size * code + (size >> 15) * fine + half) >> shift
    delta = np.maximum(delta, (code > 0) & (size > 0))
    result: Ints = np.where(v < 0, v + delta, v - delta)
    return result
