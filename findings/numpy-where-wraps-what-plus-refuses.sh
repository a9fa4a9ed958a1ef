#!/usr/bin/env bash
# In numpy 2 a Python number takes the type of the array beside it, and one that does not fit raises OverflowError,
# in a sum as in np.maximum, np.full_like or np.putmask. np.where, np.select and np.choose follow the first half of
# that rule and not the second: they wrap the number without a word. So np.where(fired, reset, v) of int8 potentials
# takes a reset of 300 for 44, although v + 300 would have been refused.
# Seen with numpy 2.4.6: 44 from the three, OverflowError from the others.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet numpy==2.4.6
cat > f.py <<'PY'
import numpy as np

v, fired = np.array([1, 2], np.int8), np.array([True, False])
for name, f in (("add", lambda: v + 300), ("maximum", lambda: np.maximum(v, 300)),
                ("full_like", lambda: np.full_like(v, 300)), ("putmask", lambda: np.putmask(v.copy(), fired, 300)),
                ("where", lambda: np.where(fired, 300, v)), ("select", lambda: np.select([fired], [300], v)),
                ("choose", lambda: np.choose(~fired, [300, v]))):
    try:
        print(name, f().dtype, f().tolist())
    except OverflowError as error:
        print(name, type(error).__name__)
PY
env/bin/python -W error f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
add OverflowError
maximum OverflowError
full_like OverflowError
putmask OverflowError
where int8 [44, 2]
select int8 [44, 2]
choose int8 [44, 2]
OUT
echo "as described"
