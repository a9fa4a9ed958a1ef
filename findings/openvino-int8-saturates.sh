#!/usr/bin/env bash
# Sums and products of int8 that do not fit wrap in numpy and in ONNX's reference; OpenVINO's CPU plugin clamps them to
# 127 and -128, while its int16 wraps. A graph that uses int8's wrap, as a hash does, is another graph there.
# Seen with openvino 2026.4.1 (x86-64) and numpy 2.4.6: 127 + 3, 127 * 3; then the same of int16.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet openvino==2026.4.1 numpy==2.4.6
cat > f.py <<'PY'
import numpy as np
import openvino as ov
import openvino.opset13 as op

for kind, largest in ((np.int8, 127), (np.int16, 32767)):
    a, b = np.array([largest], kind), np.array([3], kind)
    for graph, ours in ((op.add, np.add), (op.multiply, np.multiply)):
        inputs = [op.parameter(a.shape, kind), op.parameter(b.shape, kind)]
        got = ov.compile_model(ov.Model([graph(*inputs)], inputs), "CPU")([a, b])[0]
        print(kind.__name__, graph.__name__, "openvino", int(got[0]), "numpy", int(ours(a, b)[0]))
PY
env/bin/python f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
int8 add openvino 127 numpy -126
int8 multiply openvino 127 numpy 125
int16 add openvino -32766 numpy -32766
int16 multiply openvino 32765 numpy 32765
OUT
echo "as described"
