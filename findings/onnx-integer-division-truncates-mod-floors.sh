#!/usr/bin/env bash
# In onnxruntime integer Div rounds towards zero while Mod (fmod=0) has the sign of the divisor, so that
# (a // b) * b + a % b is not a for negative a, and Div is no arithmetic shift. ReduceSum of int32 saturates at the
# type's end where Add wraps. Exact integer graphs need shifts made of other operators, and sums that stay small.
# Seen with onnx 1.22.0, onnxruntime 1.30.0: -7 / 2 = -3, -7 mod 2 = 1; the sum of two 2^30 is 2^31 - 1.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet onnx==1.22.0 onnxruntime==1.30.0
env/bin/python - <<'PY'
import numpy as np, onnx, onnxruntime
from onnx import TensorProto as T, helper as h

def run(nodes, inputs, out, shape):
    graph = h.make_graph(nodes, "g", [h.make_tensor_value_info(n, T.INT32, list(v.shape)) for n, v in inputs.items()],
                         [h.make_tensor_value_info(out, T.INT32, shape)])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]

a, b = np.array([-7], np.int32), np.array([2], np.int32)
div = int(run([h.make_node("Div", ["a", "b"], ["c"])], {"a": a, "b": b}, "c", [1])[0])
mod = int(run([h.make_node("Mod", ["a", "b"], ["c"])], {"a": a, "b": b}, "c", [1])[0])
big = np.array([2**30, 2**30], np.int32)
total = int(run([h.make_node("ReduceSum", ["a"], ["c"], keepdims=1)], {"a": big}, "c", [1])[0])
plus = int(run([h.make_node("Add", ["a", "b"], ["c"])], {"a": big[:1], "b": big[:1]}, "c", [1])[0])
print(onnxruntime.__version__, "div", div, "mod", mod, "ReduceSum", total, "Add", plus)
if (div, mod, total, plus) != (-3, 1, 2**31 - 1, -(2**31)):
    raise SystemExit("CHANGED")
PY
echo "as described"
