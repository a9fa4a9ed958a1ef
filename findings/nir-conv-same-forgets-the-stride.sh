#!/usr/bin/env bash
# nir's Conv2d with padding "same" says that its output is as large as its input, whatever its stride; with the padding
# in numbers it counts the stride. The check of types goes by that: a graph is refused when what follows a "same"
# convolution of stride 2 is half as wide, and taken when it is as wide as the input. Whoever sizes the next layer by
# output_type makes too many neurons.
# Seen with nir 1.0.8: a kernel of 3 with stride 2 on 5 by 5 is "5 5" with "same", "3 3" with padding 1.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet nir==1.0.8 h5py==3.16.0 numpy==2.4.6
cat > f.py <<'PY'
import nir
import numpy as np

def graph(padding, size):
    conv = nir.Conv2d(input_shape=(5, 5), weight=np.ones((1, 1, 3, 3)), stride=2, padding=padding, dilation=1,
                      groups=1, bias=np.zeros(1))
    nodes = {"in": nir.Input({"input": np.array([1, 5, 5])}), "conv": conv,
             "out": nir.Output({"output": np.array([1, size, size])})}
    print(padding, *conv.output_type["output"], "then", size, end=" ")
    try:
        nir.NIRGraph(nodes=nodes, edges=[("in", "conv"), ("conv", "out")])
        print("taken")
    except ValueError:
        print("refused")

for padding in ("same", 1):
    for size in (5, 3):
        graph(padding, size)
PY
env/bin/python f.py | tee seen
printf '%s\n' "same 1 5 5 then 5 taken" "same 1 5 5 then 3 refused" "1 1 3 3 then 5 refused" "1 1 3 3 then 3 taken" \
  | diff - seen || { echo "CHANGED"; exit 1; }
echo "as described"
