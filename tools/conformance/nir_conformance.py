"""NIR conformance: files that six tools wrote, against what the tools themselves computed.

In:  a folder of golden cases: NAME.nir, NAME.npz (inputs, spikes, membranes, by the tool).
Out: a line for each case, and `N passed, M failed`; the exit code is 1 if any failed.
Never: takes a value from a case that its user would not have to give too.

`python tools/conformance/nir_conformance.py DIR`: the float reference; every spike and count is
equal, every membrane and current within 1e-4. `--state int32`: the integers, with weights of 8
bits or `--weights` so many; every spike and count is equal, and what is read out within 1 %.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = ""  # not this folder: its nir.py is not the package
import numpy as np  # noqa: E402

from ganglion.compiler import compile_layers  # noqa: E402
from ganglion.frontends.nir.facts import facts  # noqa: E402
from ganglion.frontends.nir.file import RawGraph, read_here  # noqa: E402
from ganglion.frontends.nir.floats import FloatModel  # noqa: E402
from ganglion.frontends.nir.lower import lower  # noqa: E402
from ganglion.frontends.nir.model import Model, understand  # noqa: E402
from ganglion.reference.integers import Reference  # noqa: E402

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


def integer_differences(model: Model, data: Any, bits: int) -> list[str]:
    """Where integers of 32 bits fire otherwise than the tool; read-outs are within 1 %."""
    brain = compile_layers(lower(model), bits)
    layers, notes = brain.connectome.layers, brain.quantization.notes
    number = {layer.name: i for i, layer in enumerate(layers)}
    inputs, outs = samples(data)
    reference = Reference(brain.network)
    source = brain.network.layers[0]
    wrong = total = right = 0
    most = 0.0
    classes = data.get("labels")
    for s in range(len(inputs)):
        reference.reset()
        fired = 0
        for t in range(inputs.shape[1]):
            x = inputs[s, t].reshape(-1)[layers[0].order].astype(np.int64)
            some = np.flatnonzero(x)
            reference.step(None, (source.first + some, x[some]))
            counts = reference.counts
            i = brain.connectome.output
            here = slice(brain.network.layers[i].first, brain.network.layers[i].stop)
            have = counts[here]
            if layers[i].threshold is None:
                have = reference.potential[here] * notes[i].unit + layers[i].start
            fired = fired + have
            want = outs[s, t].reshape(-1)[layers[i].order]
            if want.dtype.kind == "f":
                scale = max(float(np.abs(outs[s]).max()), 1e-9)
                most = max(most, float(np.abs(have - want).max()) / scale)
            else:
                wrong += int((have != want).sum())
                total += want.size
            for key in data:
                kind, _, node = key.partition("/")
                if kind != "s" or "input" not in data or node not in number:
                    continue
                layer = brain.network.layers[number[node]]
                want = data[key][t].reshape(-1)[layers[number[node]].order]
                wrong += int((counts[layer.first : layer.stop] != want).sum())
                total += want.size
        if classes is not None:
            right += int(np.argmax(fired) == classes[s])
    if classes is not None:
        theirs = float((outs.sum(axis=1).argmax(axis=1) == classes).mean())
        ours = right / len(classes)
        words = f"{100 * ours:.1f} % right, the tool {100 * theirs:.1f} %"
        return [words] if ours < theirs - 0.005 else print(f"     {words}") or []
    found = [f"{wrong} of {total} values ({100 * wrong / total:.2f} %)"] if wrong else []
    return found + ([f"a read-out is off by {100 * most:.2f} %"] if most > 0.01 else [])


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
    parser.add_argument("--state", choices=("float", "int32"), default="float")
    parser.add_argument("--weights", type=int, choices=(16, 8, 4, 2), default=8, help="bits")
    parser.add_argument("--samples", type=int, help="of a case at most the first so many")
    given = parser.parse_args()
    passed = failed = 0
    for path in sorted(given.folder.glob("*.nir")):
        if given.case and path.stem not in given.case:
            continue
        meta = json.loads(path.with_suffix(".json").read_text())
        source, words, dt = meaning(meta)
        with np.load(path.with_suffix(".npz")) as file:
            data = {key: file[key] for key in file.files if key != "meta"}
        if "input" not in data:
            for key in [*(k for k in data if "/" in k), "input_bits", "out", "labels"]:
                data[key] = data[key][: given.samples]
            data["input_dims"][0] = len(data["out"])
        raw = read_here(path)
        assert isinstance(raw, RawGraph), raw
        model = understand(raw, facts(source, words, dt))
        if given.state == "float":
            found = differences(model, data)
        else:
            found = integer_differences(model, data, given.weights)
        passed += not found
        failed += bool(found)
        print(f"{'FAIL' if found else 'ok  '} {path.stem:32} {source:16} {'; '.join(found)}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
