#!/usr/bin/env bash
# np.percentile and np.quantile take the difference of two neighbours in the integers' own type before they go to
# float: where it is larger than the type's largest number it wraps, and the "percentile" lies outside of all the
# data. A single percentile comes with a warning, a list of them with none; np.median of the same data is right.
# Whoever calibrates a quantizer on int8 weights or int16 potentials casts to float first.
# Seen with numpy 2.4.6: of int8 -100 and 100 the percentiles 25, 50, 75 are -114, 128, 114; in float64 -50, 0, 50.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet numpy==2.4.6
cat > f.py <<'PY'
import numpy as np

for kind, most in ((np.int8, 100), (np.int16, 30000), (np.float64, 100)):
    ends = np.array([-most, most], kind)
    print(kind.__name__, np.percentile(ends, [25, 50, 75]).tolist(), "median", float(np.median(ends)))
PY
env/bin/python -W error f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
int8 [-114.0, 128.0, 114.0] median 0.0
int16 [-31384.0, 32768.0, 31384.0] median 0.0
float64 [-50.0, 0.0, 50.0] median 0.0
OUT
echo "as described"
