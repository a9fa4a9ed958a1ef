#!/usr/bin/env bash
# OpenVINO's CPU plugin takes a model whose MatMul or ReduceSum is of int32, says int32 of its output, and computes it
# in float32: above 2^24 whole numbers are lost without a word. Add and Multiply of int32 beside them are exact.
# Seen with openvino 2026.4.1 (x86-64): 16777217 + 1 is 16777218 by Add, 16777216 by ReduceSum and MatMul.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet openvino==2026.4.1 numpy==2.4.6
cat > f.py <<'PY'
import numpy as np
import openvino as ov
import openvino.opset13 as op

def run(name, graph, *values):
    inputs = [op.parameter(value.shape, np.int32) for value in values]
    got = ov.compile_model(ov.Model([graph(*inputs)], inputs), "CPU")(list(values))[0]
    print(name, got.dtype, got.ravel().tolist())

row, ones = np.array([[2**24 + 1, 1]], np.int32), np.array([[1], [1]], np.int32)
run("Add", op.add, row[:, :1], row[:, 1:])
run("ReduceSum", lambda x: op.reduce_sum(x, op.constant(np.array([1])), False), row)
run("MatMul", lambda x, w: op.matmul(x, w, False, False), row, ones)
PY
env/bin/python f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
Add int32 [16777218]
ReduceSum int32 [16777216]
MatMul int32 [16777216]
OUT
echo "as described"
