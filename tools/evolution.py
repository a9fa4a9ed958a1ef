"""Evolution: a population of robots, bred in the built-in room over generations.

In:  the example brain `wall_avoider`, some of whose thresholds, leaks and currents may vary.
Out: one sweep per generation in a directory, so that run again nothing runs twice; a line per
     generation; the best genome.
Never: chance of this machine: a seed decides everything, and brain and room are whole numbers.

`python -m tools.evolution OUT [--generations 10] [--population 20] [--workers 2] [--seed 1]`

With `--engine torch` the brains of a generation are one batch, each robot what it is alone.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.analysis.sweep.file import plan_of
from ganglion.analysis.sweep.run import run
from ganglion.compiler import compile_connectome
from ganglion.examples import path as example
from ganglion.frontends.read import connectome_of
from ganglion.reference.integers import Reference
from ganglion.reference.robot import Robot
from ganglion.robot.compile import compile_robot
from ganglion.robot.file import read_robot
from ganglion.robot.loop import RoomWorld
from ganglion.robot.world import BUILT_IN
from ganglion.simulation.accelerators.torch_batch import Batch, kind_of

GENES = {  # key of the blueprint: the least and the most that it may be
    "_____10c-c_near-nx-fire_t-f": (10.0, 120.0),
    "_____10c-c_near-nx-leak_c-f": (0.05, 0.6),
    "_____10c-c_near-nx-pstcr_-f": (20.0, 200.0),
    "_____10c-c_turn-nx-fire_t-f": (3.0, 40.0),
    "_____10c-c_turn-nx-pstcr_-f": (5.0, 120.0),
    "_____10c-c_forw-nx-pstcr_-f": (3.0, 40.0),
    "_____10c-c_wand-nx-pstcr_-f": (1.0, 30.0),
}
BURSTS = 1500  # 15 seconds in the room
CRASH_MM = 150  # what a collision costs
LOW, HIGH = np.array(list(GENES.values())).T


def genome_with(genes: list[float]) -> dict[str, Any]:
    """The example with these values of GENES."""
    genome: dict[str, Any] = json.loads(example("wall_avoider").read_text())
    genome["blueprint"].update(zip(GENES, genes, strict=True))
    return genome


class Driver:
    """One robot, alone in the room."""

    def __init__(self, genes: str) -> None:
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "genome.json"
            file.write_text(json.dumps(genome_with(json.loads(genes))))
            self.network = compile_connectome(connectome_of(file)[0]).network
        described, _ = read_robot(example("wall_avoider").with_suffix(".toml"))
        program = compile_robot(described, self.network)
        self.world = RoomWorld(BUILT_IN, described, program, program.period_us)
        self.robot = Robot(program)

    def sense(self, burst: int) -> Any:
        """What its sensors inject: neurons and amounts."""
        return self.robot.sense(*self.world.readings(burst))

    def act(self, fired: NDArray[np.int64]) -> None:
        self.world.move(self.robot.act(set(fired.tolist())))

    def result(self, chain: int) -> dict[str, Any]:
        """Millimetres driven, less what its collisions cost."""
        distance, collisions = round(self.world.distance_mm), self.world.collisions
        return {
            "fitness": distance - CRASH_MM * collisions, "distance_mm": distance,
            "collisions": collisions, "chain": f"{chain:08x}",
        }  # fmt: skip


def fitness(values: Any, settings: dict[str, Any]) -> Any:
    """Of one robot, its values; of a list of robots, which run as a batch, a list."""
    if isinstance(values, list):
        return fitnesses([Driver(one["genes"]) for one in values], settings)
    driver = Driver(values["genes"])
    reference = Reference(driver.network)
    for burst in range(1, settings["bursts"] + 1):
        driver.act(reference.step(None, driver.sense(burst)))
        reference.digest()
    return driver.result(reference.chain)


def fitnesses(drivers: list[Driver], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The same of each, their brains as one batch per kind."""
    found: dict[int, dict[str, Any]] = {}
    kinds: dict[object, list[int]] = {}
    for i, driver in enumerate(drivers):
        kinds.setdefault(kind_of(driver.network), []).append(i)
    for members in kinds.values():
        mine = [drivers[i] for i in members]
        batch = Batch([driver.network for driver in mine])
        for burst in range(1, settings["bursts"] + 1):
            injected = np.zeros((len(mine), batch.neurons), dtype=np.int64)
            hit = np.zeros(injected.shape, dtype=bool)
            for i, driver in enumerate(mine):
                neurons, amounts = driver.sense(burst)
                np.add.at(injected[i], neurons, amounts)
                hit[i, neurons] = True
            fired = batch.step(None, injected, hit).cpu().numpy()
            batch.digests()
            for i, driver in enumerate(mine):
                driver.act(np.flatnonzero(fired[i]))
        for i, driver, chain in zip(members, mine, batch.chain.tolist(), strict=True):
            found[i] = driver.result(chain)
    return [found[i] for i in range(len(drivers))]


def bred(parents: NDArray[np.float64], size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Children of two parents each: every gene of either, and one in three moved a little."""
    pairs = rng.integers(0, len(parents), (size, 2))
    from_first = rng.random((size, len(LOW))) < 0.5
    children = np.where(from_first, parents[pairs[:, 0]], parents[pairs[:, 1]])
    moved = rng.random(children.shape) < 1 / 3
    children = children + moved * rng.normal(0, 0.12, children.shape) * (HIGH - LOW)
    result: NDArray[np.float64] = np.clip(children, LOW, HIGH).round(3)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="a directory; run again, it goes on there")
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", default="numpy", choices=("numpy", "torch"))
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    size = options.population
    together = size if options.engine == "torch" else 1
    if together > 1:
        Batch.require("cpu")
    population = (LOW + rng.random((size, len(LOW))) * (HIGH - LOW)).round(3)
    for generation in range(options.generations):
        # Equal genes are one unit: what was measured once is not measured again.
        keys = [json.dumps(genes.tolist()) for genes in population]
        facts = {
            "what": "tools.evolution:fitness", "out": "robots",
            "matrix": {"genes": keys}, "settings": {"bursts": BURSTS, "together": together},
        }  # fmt: skip
        plan = plan_of(facts, options.out)
        outcome = run(plan, options.workers)
        for name, why in outcome.failed.items():
            print(f"robot {name} failed: {why}")
        found = {
            str(unit.values["genes"]): outcome.results[unit.name]["result"]
            for unit in plan.units if unit.name in outcome.results
        }  # fmt: skip
        ranked = sorted(found, key=lambda key: (-found[key]["fitness"], key))
        best = found[ranked[0]]
        mean = np.mean([facts["fitness"] for facts in found.values()])
        print(
            f"generation {generation + 1}: best {best['fitness']:,} ({best['distance_mm']:,} mm, "
            f"{best['collisions']} collisions), mean {mean:,.0f}", flush=True,
        )  # fmt: skip
        parents = np.array([json.loads(key) for key in ranked[: max(2, size // 4)]])
        population = np.concatenate([parents[:2], bred(parents, size - 2, rng)])
    (options.out / "best.json").write_text(json.dumps(genome_with(json.loads(ranked[0])), indent=1))
    print(f"wrote {options.out / 'best.json'}")


if __name__ == "__main__":
    main()
