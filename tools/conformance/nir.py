"""NIR conformance: files that six tools wrote, against what the tools themselves computed.

In:  a folder of golden cases: NAME.nir, NAME.npz (inputs, spikes, membranes, by the tool).
Out: a line for each case, and `N passed, M failed`; the exit code is 1 if any failed.
Never: takes a value from a case that its user would not have to give too.

`python tools/conformance/nir.py DIR`: the float reference; every spike and count is equal, every
membrane and current within 1e-4.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = ""  # not this folder: its nir.py is not the package
import numpy as np  # noqa: E402

from ganglion.frontends.nir import FloatModel, Model, facts, load  # noqa: E402

CLOSE = 1e-4
TOOLS = {
    "norse": "norse", "sj": "spikingjelly", "sinabs": "sinabs", "rockpool": "rockpool",
    "spyx": "spyx", "snn": "snntorch",
}  # fmt: skip


def meaning(meta: dict[str, Any]) -> tuple[str, dict[str, str], float | None]:
    """The source, facts and dt that a user of this case would give."""
    options = dict(meta["semantics_options"])
    words: dict[str, str] = {}
    source = _semantics(meta["semantics"], "", words, options.pop("node", {}))
    dt = options.pop("dt", 1.0 if meta["dt"] == "step" else meta["dt"])
    if source == "sinabs":
        words["norm_input"] = "yes" if options.pop("norm", 0) else "no"
    for key, name in (("v_reset", "v_reset"), ("tau_syn", "tau_syn"), ("bias", "bias"),
                      ("min", "v_min")):  # fmt: skip
        if key in options:
            words[name] = repr(float(options.pop(key)))
    if options.pop("single", 0):
        words["spikes"] = "single"
    if options.pop("zero", 0):
        words["reset"] = "zero"
    if source == "spyx":
        words["flatten"] = "hwc" if options.pop("last", 0) else "chw"
    assert not options, f"unknown options {options}"
    return source, words, float(dt)


def _semantics(name: str, prefix: str, words: dict[str, str], of: dict[str, str]) -> str:
    tool, *rest = name.split(".")
    source = TOOLS[tool]
    if tool == "snn":
        words[prefix + "reset"] = {"sub": "subtract"}.get(rest[0], rest[0])
        words[prefix + "reset_at"] = "next" if rest[1:] == ["delay"] else "now"
    for node, other in of.items():
        _semantics(other, f"{node}:", words, {})
    return source


def samples(data: Any) -> tuple[np.ndarray, np.ndarray]:
    """(S, T, …) the inputs, and (S, T, …) the outputs that the tool computed."""
    if "input" in data:
        return data["input"][None], data["out"][None]
    count, steps, width = (int(x) for x in data["input_dims"])
    bits = np.unpackbits(data["input_bits"], axis=1)[:, : steps * width]
    return bits.reshape(count, steps, width), data["out"]


def differences(model: Model, data: Any) -> list[str]:
    """What is not as the tool computed it."""
    inputs, outs = samples(data)
    runner = FloatModel(model)
    one = "input" in data
    worst: dict[str, float] = {}
    wrong: dict[str, int] = {}
    for s in range(len(inputs)):
        runner.reset()
        for t in range(inputs.shape[1]):
            out = runner.step(inputs[s, t])
            _note("out", out, outs[s, t], worst, wrong)
            for key in data:
                kind, _, node = key.partition("/")
                if not node or (not one and s >= len(data[key])):
                    continue
                want = data[key][t] if one else data[key][s, t]
                have = {"s": runner.z, "v": runner.v, "i": runner.i}[kind][node]
                _note(key, have, want, worst, wrong)
    found = [f"{key}: {n} values" for key, n in wrong.items() if n]
    return found + [f"{key}: off by {w:.2g}" for key, w in worst.items() if w > CLOSE]


def _note(key: str, have: Any, want: Any, worst: dict[str, float], wrong: dict[str, int]) -> None:
    have, want = np.asarray(have).reshape(-1), np.asarray(want).reshape(-1)
    if want.dtype.kind == "f":
        off = np.abs(have - want) / np.maximum(1, np.abs(want))
        worst[key] = max(worst.get(key, 0.0), float(off.max(initial=0)))
    else:
        wrong[key] = wrong.get(key, 0) + int((have != want).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--case", action="append", help="only this case")
    given = parser.parse_args()
    passed = failed = 0
    for path in sorted(given.folder.glob("*.nir")):
        if given.case and path.stem not in given.case:
            continue
        meta = json.loads(path.with_suffix(".json").read_text())
        source, words, dt = meaning(meta)
        with np.load(path.with_suffix(".npz")) as file:
            data = {key: file[key] for key in file.files if key != "meta"}
        found = differences(load(path, facts(source, words, dt)), data)
        passed += not found
        failed += bool(found)
        print(f"{'FAIL' if found else 'ok  '} {path.stem:32} {source:16} {'; '.join(found)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
