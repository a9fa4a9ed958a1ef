#!/usr/bin/env bash
# A NIR file does not keep the order of a graph's nodes: they come back sorted by name, as HDF5 lists a group, so "10"
# stands before "2". Edges keep their order. A reader that takes the order of nodes for the order of layers runs
# another network from ten layers on.
# Seen with nir 1.0.8 and h5py 3.16.0 (Python 3.11).
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet nir==1.0.8 h5py==3.16.0
cat > f.py <<'PY'
import nir
import numpy as np

layers = [nir.Scale(np.full(1, float(k))) for k in range(11)]
nodes = {"input": nir.Input({"input": np.array([1])})} | {str(k): layer for k, layer in enumerate(layers)}
nodes["output"] = nir.Output({"output": np.array([1])})
names = list(nodes)
graph = nir.NIRGraph(nodes=nodes, edges=list(zip(names, names[1:])))
nir.write("graph.nir", graph)
again = nir.read("graph.nir")
print("written", *names)
print("read", *again.nodes)
print("edges keep their order:", again.edges == graph.edges)
PY
env/bin/python f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
written input 0 1 2 3 4 5 6 7 8 9 10 output
read 0 1 10 2 3 4 5 6 7 8 9 input output
edges keep their order: True
OUT
echo "as described"
