#!/usr/bin/env bash
# On Linux a read of pyserial that has a timeout and an inter_byte_timeout ends by the first alone: when the sender
# falls silent after some bytes, they are handed over only when the whole timeout is over. A reader that takes a pause
# for the end of a frame gets every frame late. Read what in_waiting says, or use a timeout as short as the pause.
# Seen with pyserial 3.5, the newest release (Python 3.11, Linux): 2 of 5 bytes, a pause of 0.1 s allowed, after 1.5 s.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet pyserial==3.5
cat > f.py <<'PY'
import os, pty, time, tty
import serial

ours, theirs = pty.openpty()
tty.setraw(theirs)
port = serial.Serial(os.ttyname(theirs), timeout=1.5, inter_byte_timeout=0.1)
os.write(ours, b"ab")
began = time.monotonic()
got = port.read(5)
took = time.monotonic() - began
print(got, "waited for the pause" if took < 1.4 else "waited for the whole timeout")
PY
env/bin/python f.py | tee seen
echo "b'ab' waited for the whole timeout" | diff - seen || { echo "CHANGED"; exit 1; }
echo "as described"
