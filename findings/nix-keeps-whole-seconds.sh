#!/usr/bin/env bash
# Neo writes a Block's rec_datetime to a NIX file as whole seconds: the fraction is gone when it is read back,
# without a warning. A start time that matters below a second needs an annotation of its own.
# Seen with neo 0.14.4, nixio 1.5.4: 12:00:01.750000 becomes 12:00:01.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet neo==0.14.4 nixio==1.5.4
env/bin/python - <<'PY'
from datetime import datetime
import neo, nixio
block = neo.Block(name="b", rec_datetime=datetime(2026, 1, 2, 12, 0, 1, 750000))
block.segments.append(neo.Segment(name="s"))
with neo.NixIO("b.nix", mode="ow") as io:
    io.write_block(block)
with neo.NixIO("b.nix", mode="ro") as io:
    back = io.read_block().rec_datetime
print(neo.__version__, nixio.__version__, block.rec_datetime.time(), "->", back.time())
if back != datetime(2026, 1, 2, 12, 0, 1):
    raise SystemExit("CHANGED")
PY
echo "as described"
