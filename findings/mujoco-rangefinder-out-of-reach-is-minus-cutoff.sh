#!/usr/bin/env bash
# A rangefinder of MuJoCo gives -1 where its ray meets nothing, but with a cutoff c below 1 it gives -c: the
# limit is applied to the mark as well. And what lies beyond the cutoff is c, as if something were there.
# So "nothing in reach" is any value below 0, or equal to c; a test for -1 is wrong.
# Seen with mujoco 3.10.0: -1.0 without a cutoff and with 5, -0.5 with 0.5; a wall at 1.8 m is 0.5 with 0.5.
set -euo pipefail
place=$(mktemp -d); trap 'rm -rf "$place"' EXIT; cd "$place"
python3 -m venv env && env/bin/pip install --quiet mujoco==3.10.0 numpy==2.2.6
env/bin/python - <<'PY'
import mujoco

MODEL = """
<mujoco>
  <worldbody>
    <geom name="wall" type="box" pos="2 0 0.5" size="0.1 1 0.5"/>
    <body pos="0 0 0.5">
      <geom type="sphere" size="0.05"/>
      <site name="front" pos="0.1 0 0" zaxis="1 0 0"/>
      <site name="back" pos="-0.1 0 0" zaxis="-1 0 0"/>
    </body>
  </worldbody>
  <sensor>
    <rangefinder site="back"/>
    <rangefinder site="back" cutoff="5"/>
    <rangefinder site="back" cutoff="0.5"/>
    <rangefinder site="front" cutoff="0.5"/>
  </sensor>
</mujoco>
"""
model = mujoco.MjModel.from_xml_string(MODEL)
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
seen = [float(x) for x in data.sensordata]
print("mujoco", mujoco.__version__, "nothing; nothing, 5; nothing, 0.5; wall, 0.5:", seen)
if seen != [-1.0, -1.0, -0.5, 0.5]:
    raise SystemExit("CHANGED")
PY
echo "as described"
