#!/usr/bin/env bash
# In SpikingJelly v_reset is also where a potential rests: LIFNode without input stays there. CUBALIFNode begins there
# too, but its potential decays towards 0. Two layers of one network with the same v_reset rest at different values.
# Seen with spikingjelly 2.0.0 on torch 2.14.1, CPU: v_reset -0.5, potential after one and two steps without input.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet spikingjelly==2.0.0 torch==2.14.1
cat > f.py <<'PY'
import torch
from spikingjelly.activation_based.neuron import CUBALIFNode, LIFNode

for node in (LIFNode(v_reset=-0.5), CUBALIFNode(v_reset=-0.5)):
    seen = []
    for _ in range(2):
        node(torch.zeros(1, 1))
        seen.append(float(node.v))
    print(type(node).__name__, *seen)
PY
env/bin/python -W ignore f.py 2>/dev/null | tee seen
printf '%s\n' "LIFNode -0.5 -0.5" "CUBALIFNode -0.375 -0.28125" | diff - seen || { echo "CHANGED"; exit 1; }
echo "as described"
