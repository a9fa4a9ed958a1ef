#!/usr/bin/env bash
# ReduceSum of integers in onnxruntime 1.32.0 is not integer addition: of int32 it stops at 2**31 - 1 in place
# of wrapping, of int64 it goes through float64 and loses 2**53 + 1. ONNX's own evaluator adds exactly, and so
# did onnxruntime 1.22.1. A graph that must agree bit for bit sums by MatMulInteger or a chain of Add.
# Seen with onnx 1.18.0: 2147483647 and 9007199254740992, where numpy gives -2147483644 and 9007199254740993.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet onnx==1.18.0 onnxruntime==1.32.0 numpy==2.2.6
env/bin/python - <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

def sums(kind, x):
    node = helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)
    graph = helper.make_graph(
        [node], "sum",
        [helper.make_tensor_value_info("x", kind, [None])],
        [helper.make_tensor_value_info("y", kind, [])],
        [helper.make_tensor("axes", TensorProto.INT64, [1], [0])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return int(session.run(None, {"x": x})[0]), int(ReferenceEvaluator(model).run(None, {"x": x})[0])

seen = (
    sums(TensorProto.INT32, np.array([2**31 - 1, 5], np.int32)),
    sums(TensorProto.INT64, np.array([2**53, 1], np.int64)),
)
print("onnxruntime", onnxruntime.__version__, "and ONNX's evaluator:", *seen)
if seen != ((2**31 - 1, -(2**31) + 4), (2**53, 2**53 + 1)):
    raise SystemExit("CHANGED")
PY
echo "as described"
