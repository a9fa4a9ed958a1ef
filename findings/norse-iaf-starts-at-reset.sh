#!/usr/bin/env bash
# Norse starts a leaky cell's potential at v_leak and that of an integrate-and-fire cell, which has no leak, at v_reset,
# not at zero. NIR gives both an IF node and a v_reset, and no start; so where v_reset is not 0 the same node fires
# at other steps than in tools that begin at 0.
# Seen with norse 1.1.0 on torch 2.14.1, CPU: the first potential without input, v_reset -0.5, v_leak 0.25.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet norse==1.1.0 torch==2.14.1
cat > f.py <<'PY'
import torch
from norse.torch import IAFCell, LIFBoxCell
from norse.torch.functional.iaf import IAFParameters
from norse.torch.functional.lif_box import LIFBoxParameters

reset, leak = torch.tensor(-0.5), torch.tensor(0.25)
for name, cell in (("IAFCell", IAFCell(IAFParameters(v_reset=reset))),
                   ("LIFBoxCell", LIFBoxCell(LIFBoxParameters(v_reset=reset, v_leak=leak)))):
    with torch.no_grad():
        _, state = cell(torch.zeros(1, 1))
    print(name, float(state.v))
PY
env/bin/python -W ignore f.py 2>/dev/null | tee seen
printf '%s\n' "IAFCell -0.5" "LIFBoxCell 0.25" | diff - seen || { echo "CHANGED"; exit 1; }
echo "as described"
