#!/usr/bin/env bash
# An annotation of a Neo object that is a dictionary comes back from a NIX file as the list of its keys: the
# values are never written, and nothing warns. Structured facts need a JSON text, or an annotation each.
# Seen with neo 0.14.4, nixio 1.5.4: {"rate": 1, "seed": 7} becomes ["rate", "seed"].
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet neo==0.14.4 nixio==1.5.4
env/bin/python - <<'PY'
import neo
import nixio

block = neo.Block(name="b", settings={"rate": 1, "seed": 7})
block.segments.append(neo.Segment(name="s"))
with neo.NixIO("b.nix", mode="ow") as io:
    io.write_block(block)
with neo.NixIO("b.nix", mode="ro") as io:
    back = io.read_block().annotations["settings"]
print(neo.__version__, nixio.__version__, block.annotations["settings"], "->", back)
if list(back) != ["rate", "seed"]:
    raise SystemExit("CHANGED")
PY
echo "as described"
