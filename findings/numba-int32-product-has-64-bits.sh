#!/usr/bin/env bash
# Numba widens every sum and product of 32-bit scalars to 64 bits, where numpy's wrap at 32: compiled and not, one
# function gives two results, and neither is an error. To have 32 bits each step must be put into np.int32() again.
# Seen with numba 0.68.1 and numpy 2.3.5 (x86-64 Linux): 65536 * 65536 and 2147483647 + 1 of np.int32.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet numba==0.68.1 numpy==2.3.5
cat > f.py <<'PY'
import numba
import numpy as np

def product(a, b):
    return a * b

def total(a, b):
    return a + b

def wrapped(a, b):
    return np.int32(a * b)

x, most, one = np.int32(65536), np.int32(2**31 - 1), np.int32(1)
for f, a, b in ((product, x, x), (total, most, one), (wrapped, x, x)):
    with np.errstate(over="ignore"):
        print(f.__name__, "numba", numba.njit(f)(a, b), "numpy", f(a, b))
PY
env/bin/python f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
product numba 4294967296 numpy 0
total numba 2147483648 numpy -2147483648
wrapped numba 0 numpy 0
OUT
echo "as described"
