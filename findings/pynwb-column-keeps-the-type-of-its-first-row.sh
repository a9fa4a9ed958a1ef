#!/usr/bin/env bash
# A column that is added to NWB's table of units has in the file the type of its first row: after a 1 all later
# fractions are cut off, after a True all later numbers are True. In memory the table still shows the right values,
# and nothing warns. The same values as one numpy array are kept. So a measure per neuron that happens to be whole
# for neuron 0 (a mean rate of 0, say) is whole for all of them; write float(x), or give arrays.
# Seen with pynwb 4.2.0, hdmf 6.2.0, numpy 2.4.6: rates 0, 2.5, 0.75 come back as 0, 2, 0; True, 2 as True, True.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet pynwb==4.2.0 hdmf==6.2.0 h5py==3.16.0 numpy==2.4.6
cat > f.py <<'PY'
from datetime import datetime, timezone
from pynwb import NWBHDF5IO, NWBFile

def again(values):
    file = NWBFile("one column", "id", datetime(2026, 1, 1, tzinfo=timezone.utc))
    file.add_unit_column("measure", "of a neuron")
    for value in values:
        file.add_unit(spike_times=[0.5], measure=value)
    with NWBHDF5IO("units.nwb", "w") as io:
        io.write(file)
    with NWBHDF5IO("units.nwb", "r") as io:
        return file.units["measure"].data, io.read().units["measure"].data[:].tolist()

for values in ([0, 2.5, 0.75], [0.0, 2.5, 0.75], [True, 2]):
    print(*again(values))
PY
env/bin/python f.py | tee seen
diff - seen <<'OUT' || { echo "CHANGED"; exit 1; }
[0, 2.5, 0.75] [0, 2, 0]
[0.0, 2.5, 0.75] [0.0, 2.5, 0.75]
[True, 2] [True, True]
OUT
echo "as described"
