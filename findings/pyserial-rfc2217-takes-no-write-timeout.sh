#!/usr/bin/env bash
# pyserial's client of RFC 2217 opens a port that was asked for with a write_timeout only to raise
# NotImplementedError once its server answers; without a server the same call fails to connect, so that a test
# without one cannot see it. Every other kind of port takes the argument.
# Seen with pyserial 3.5 and its own serial.rfc2217.PortManager as the server, on loopback.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet pyserial==3.5
cat > f.py <<'PY'
import os, pty, socket, threading, tty, warnings
import serial, serial.rfc2217
warnings.simplefilter("ignore")
ours, theirs = pty.openpty(); tty.setraw(theirs)
port = serial.Serial(os.ttyname(theirs), timeout=0.1)
listener = socket.create_server(("127.0.0.1", 0))

def serve():
    connection, _ = listener.accept()
    class Out:
        def write(self, data): connection.sendall(data)
    manager = serial.rfc2217.PortManager(port, Out())
    connection.settimeout(10)
    try:
        while data := connection.recv(1024):
            list(manager.filter(data))
    except OSError:
        pass

threading.Thread(target=serve, daemon=True).start()
url = f"rfc2217://127.0.0.1:{listener.getsockname()[1]}"
try:
    serial.serial_for_url(url, timeout=1, write_timeout=5)
except NotImplementedError as error:
    print(serial.__version__, "NotImplementedError:", error)
else:
    raise SystemExit("CHANGED: it is taken")
PY
env/bin/python f.py
echo "as described"
