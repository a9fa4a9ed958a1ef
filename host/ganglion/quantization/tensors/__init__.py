"""Quantization: any array of numbers as integers of 8, 4 or 2 bits, and back.

In:  numpy arrays.
Out: QuantizedArray, its numbers again, what was lost, and files that hold many of them.
Never: knows of brains, genomes or boards: this package is of use without the rest.

    from ganglion.quantization.tensors import Scheme, quantize, measure
    q = quantize(weights, Scheme(bits=4, axis=0, calibrator="mse"))
    print(measure(weights, q.dequantize(), q.step()))
"""

from .calibrators import CALIBRATORS
from .half import HalfArray, to_half
from .manifest import load, save
from .metrics import Metrics, measure
from .packing import pack, unpack
from .quantized import QuantizedArray, quantize
from .rounding import ROUNDINGS
from .scheme import Scheme

__all__ = [
    "CALIBRATORS",
    "ROUNDINGS",
    "HalfArray",
    "Metrics",
    "QuantizedArray",
    "Scheme",
    "load",
    "measure",
    "pack",
    "quantize",
    "save",
    "to_half",
    "unpack",
]
