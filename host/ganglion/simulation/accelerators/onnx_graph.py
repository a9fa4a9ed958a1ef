"""ONNX graph: nodes and constants by short names, and the few idioms that an exact graph needs.

In:  numpy arrays and names of values.
Out: a GraphProto, or a ModelProto of opset 18 and IR 8.
Never: an operator that is not a sum, product, shift, choice or move of integers and flags.
       ReduceSum and ReduceProd above all: onnxruntime 1.32 saturates the first at 32 bits and
       takes the way over f64 at 64 bits. Sums here are MatMul, CumSum and ScatterElements.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError

OPSET, IR = 18, 8
OPERATORS = frozenset(
    ("Abs", "Add", "And", "BitShift", "BitwiseAnd", "BitwiseXor", "Cast", "Concat",
     "ConstantOfShape", "CumSum", "Equal", "Gather", "Greater", "GreaterOrEqual", "Identity",
     "Less", "LessOrEqual", "Loop", "MatMul", "MatMulInteger", "Max", "Min", "Mul", "NonZero",
     "Not", "Or", "Range", "Reshape", "Scan", "ScatterElements", "Slice", "Sub", "Where")
)  # fmt: skip


def onnx_package() -> Any:
    """The package onnx. Raises ToolError, with what to install, if it is not there."""
    try:
        import_module("onnx.helper")
        import_module("onnx.numpy_helper")
        return import_module("onnx")
    except ImportError:
        raise ToolError(
            "the package onnx is not installed", "run pip install 'ganglion[onnx]'"
        ) from None


class Graph:
    """One graph in the making. Every method that adds a node returns the name of its value."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._onnx = onnx_package()
        self._nodes: list[Any] = []
        self._constants: dict[bytes, str] = {}
        self._initializers: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    # ---- what enters and leaves

    def input(self, name: str, dtype: Any, shape: Sequence[int | str]) -> str:
        """A value that whoever runs the graph gives."""
        self._inputs.append(self._describe(name, dtype, shape))
        return name

    def output(self, name: str, value: str, dtype: Any, shape: Sequence[int | str]) -> None:
        """`value`, under the name that it leaves by."""
        self.add("Identity", value, name=name)
        self._outputs.append(self._describe(name, dtype, shape))

    def constant(self, values: Any, dtype: Any) -> str:
        """An array that is part of the graph; equal ones are stored once."""
        wide = np.asarray(values)
        array: NDArray[Any] = np.ascontiguousarray(wide, dtype=dtype).reshape(wide.shape)
        key = str((array.dtype.str, array.shape)).encode() + array.tobytes()
        if key not in self._constants:
            name = f"{self.name}_k{len(self._constants)}"
            self._constants[key] = name
            self._initializers.append(self._onnx.numpy_helper.from_array(array, name))
        return self._constants[key]

    # ---- nodes

    def add(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """One node of one output."""
        return self.several(operator, inputs, [name or self._fresh()], **attributes)[0]

    def several(
        self, operator: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any
    ) -> list[str]:
        """One node."""
        assert operator in OPERATORS, operator
        make = self._onnx.helper.make_node
        self._nodes.append(make(operator, list(inputs), list(outputs), **attributes))
        return list(outputs)

    def cast(self, value: str, dtype: Any) -> str:
        return self.add("Cast", value, to=self._type(dtype))

    def where(self, condition: str, yes: str, no: str) -> str:
        return self.add("Where", condition, yes, no)

    def both(self, *flags: str) -> str:
        """All of them."""
        result = flags[0]
        for flag in flags[1:]:
            result = self.add("And", result, flag)
        return result

    def shift_right(self, value: str, bits: str) -> str:
        """Of u32 only: the standard has no shift of signed numbers."""
        return self.add("BitShift", value, bits, direction="RIGHT")

    def zeros(self, length: str, dtype: Any) -> str:
        """(length,), which is a value of shape (1,)."""
        value = self._onnx.numpy_helper.from_array(np.zeros(1, dtype=dtype))
        return self.add("ConstantOfShape", length, value=value)

    def zeros_like(self, value: str, dtype: Any) -> str:
        """Zeros of the shape of a value of one dimension, in another type."""
        return self.cast(self.add("Sub", value, value), dtype)

    def scalar(self, value: int) -> str:
        """An i64 without dimensions, as Range takes it."""
        return self.constant(value, np.int64)

    def empty_shape(self) -> str:
        """The shape of a scalar, for Reshape."""
        return self.constant(np.zeros(0, dtype=np.int64), np.int64)

    def scatter_add(self, onto: str, index: str, values: str) -> str:
        """`onto` with each value added at its index; indices may repeat."""
        return self.add("ScatterElements", onto, index, values, axis=0, reduction="add")

    def dot(self, values: str, weights: NDArray[np.uint32]) -> str:
        """Σ values·weights modulo 2^32, (1, 1); values are u32 (N,)."""
        row = self.add("Reshape", values, self.constant([1, -1], np.int64))
        return self.add("MatMul", row, self.constant(weights.reshape(-1, 1), np.uint32))

    # ---- what it becomes

    def graph(self) -> Any:
        """The GraphProto."""
        return self._onnx.helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, self._initializers
        )

    def model(self, description: str, metadata: Mapping[str, str]) -> Any:
        """The ModelProto."""
        helper = self._onnx.helper
        model = helper.make_model(
            self.graph(), opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR,
            producer_name="ganglion", doc_string=description,
        )  # fmt: skip
        helper.set_model_props(model, dict(metadata))
        return model

    def _fresh(self) -> str:
        return f"{self.name}_v{len(self._nodes)}"

    def _type(self, dtype: Any) -> int:
        return int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _describe(self, name: str, dtype: Any, shape: Sequence[int | str]) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self._type(dtype), list(shape))
