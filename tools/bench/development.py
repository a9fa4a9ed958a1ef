"""Bench of development: how the time from a genome to synapses grows with their number.

In:  genomes made here: two areas, every neuron of one to every neuron of the other.
Out: a Markdown table: synapses, seconds to develop, to quantize and encode; this machine's.
Never: part of a test.  `python -m tools.bench.development`
"""

import json
import time

from ganglion.compiler import compile_connectome
from ganglion.frontends import feagi as genome
from ganglion.frontends.feagi.develop import develop

SIZES = ((100, 100), (316, 316), (1000, 1000))


def _area(key: str, group: str, width: int, mapping: object) -> dict[str, object]:
    head = f"_____10c-{key}-cx-"
    return {
        head + "__name-t": key,
        head + "_group-t": group,
        head + "___bbx-i": width,
        head + "___bby-i": 1,
        head + "___bbz-i": 1,
        head + "fire_t-f": 10.0,
        head + "mp_acc-b": True,
        head.replace("-cx-", "-nx-") + "dstmap-d": mapping,
    }


def made(sources: int, targets: int) -> bytes:
    """A genome with sources × targets synapses."""
    rule = ["all", [1, 1, 1], 1, False, 1, 1, 1, 1]
    blueprint = {
        **_area("i_from", "IPU", sources, {"c_into": [rule]}),
        **_area("c_into", "CUSTOM", targets, {}),
    }
    every = {"type": "patterns", "parameters": {"patterns": [[["*"] * 3, ["*"] * 3]]}}
    return json.dumps(
        {
            "genome_id": f"{sources}x{targets}",
            "version": "2.0",
            "blueprint": blueprint,
            "neuron_morphologies": {"all": every},
            "physiology": {},
        }
    ).encode()


def main() -> None:
    print("| synapses | develop | compile | blob |\n|---|---|---|---|")
    for sources, targets in SIZES:
        parsed = genome.parse(made(sources, targets))
        begun = time.perf_counter()
        connectome = develop(parsed)
        developed = time.perf_counter()
        brain = compile_connectome(connectome)
        done = time.perf_counter()
        print(
            f"| {connectome.n_synapses:,} | {developed - begun:.2f} s "
            f"| {done - developed:.2f} s | {len(brain.blob):,} |"
        )


if __name__ == "__main__":
    main()
