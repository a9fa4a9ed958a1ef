#!/usr/bin/env bash
# Over socket:// pyserial's in_waiting is no count: it is 1 however many bytes wait, where a serial port gives their
# number. So `port.read(port.in_waiting)`, the usual way to take what is there, takes byte by byte over a network.
# Seen with pyserial 3.5, the newest release (Python 3.11, Linux): 100 bytes wait, in_waiting is 1, read(100) gives 100.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet pyserial==3.5
cat > f.py <<'PY'
import os, pty, socket, time, tty
import serial

def wait(port):
    while not port.in_waiting:
        time.sleep(0.01)
    time.sleep(0.5)
    return port.in_waiting

server = socket.create_server(("127.0.0.1", 0))
port = serial.serial_for_url(f"socket://127.0.0.1:{server.getsockname()[1]}", timeout=5)
peer, _ = server.accept()
peer.sendall(bytes(100))
print("socket://", wait(port), len(port.read(100)))
ours, theirs = pty.openpty()
tty.setraw(theirs)
port = serial.Serial(os.ttyname(theirs), timeout=5)
os.write(ours, bytes(100))
print("tty", wait(port), len(port.read(100)))
PY
env/bin/python f.py | tee seen
printf '%s\n' "socket:// 1 100" "tty 100 100" | diff - seen || { echo "CHANGED"; exit 1; }
echo "as described"
