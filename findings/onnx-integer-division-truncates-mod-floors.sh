#!/usr/bin/env bash
# In onnxruntime integer Div rounds towards zero while Mod (fmod=0) has the sign of the divisor, so that
# (a // b) * b + a % b is not a for negative a, and Div is no arithmetic shift. A graph that must agree with a
# kernel's >> on negative potentials makes the shift of other operators.
# Seen with onnx 1.22.0, onnxruntime 1.30.0: -7 / 2 = -3, -7 mod 2 = 1, together -5.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet onnx==1.22.0 onnxruntime==1.30.0
env/bin/python - <<'PY'
import numpy as np, onnx, onnxruntime
from onnx import TensorProto as T, helper as h

def run(kind, a, b):
    info = [h.make_tensor_value_info(name, T.INT32, [1]) for name in "abc"]
    graph = h.make_graph([h.make_node(kind, ["a", "b"], ["c"])], "g", info[:2], info[2:])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return int(session.run(None, {"a": np.array([a], np.int32), "b": np.array([b], np.int32)})[0][0])

div, mod = run("Div", -7, 2), run("Mod", -7, 2)
print(onnxruntime.__version__, "div", div, "mod", mod, "together", div * 2 + mod)
if (div, mod) != (-3, 1):
    raise SystemExit("CHANGED")
PY
echo "as described"
