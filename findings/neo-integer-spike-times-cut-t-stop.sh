#!/usr/bin/env bash
# Neo keeps t_start and t_stop of a SpikeTrain in the type of the spike times: with times in whole steps, as a
# simulation counts them, both are cut to whole numbers without a warning, and with them the duration that a rate is
# divided by. Give times as floats, even if they are all whole.
# Seen with neo 0.14.6, quantities 0.16.4, numpy 2.4.6: int32 times from 0.25 s to 1.75 s are from 0 s to 1 s.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet neo==0.14.6 quantities==0.16.4 numpy==2.4.6
cat > f.py <<'PY'
import neo
import numpy as np

for kind in (np.float64, np.float32, np.int32):
    train = neo.SpikeTrain(np.array([1], kind), units="s", t_start=0.25, t_stop=1.75)
    print(kind.__name__, float(train.t_start), float(train.t_stop), "duration", float(train.duration))
PY
env/bin/python -W error::UserWarning f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
float64 0.25 1.75 duration 1.5
float32 0.25 1.75 duration 1.5
int32 0.0 1.0 duration 1.0
OUT
echo "as described"
