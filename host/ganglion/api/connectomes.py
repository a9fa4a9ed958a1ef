"""Connectomes: genomes as neurons and synapses, by FEAGI's rules, before quantization.

In:  a Genome or the path of one; perhaps one dynamics for all areas.
Out: a Connectome with its notices, what there is to say of it, its file (.npz).
Never: quantizes.
"""

from pathlib import Path

import numpy as np

from ..connectome import npz
from ..connectome.model import Connectome, Dynamics
from ..frontends import feagi
from ..frontends.feagi import Policy
from ..frontends.feagi.develop import Development, develop, develop_with_notices

__all__ = [
    "Connectome", "Development", "Dynamics", "areas_of", "develop", "develop_file", "facts_of",
    "save_connectome",
]  # fmt: skip


def develop_file(
    path: str | Path, policy: Policy | None = None, dynamics: Dynamics | None = None
) -> Development:
    """The connectome of a genome file, and what was odd. Raises GenomeError."""
    return develop_with_notices(feagi.read(Path(path), policy), policy, dynamics)


def save_connectome(connectome: Connectome, path: str | Path) -> None:
    """Writes a connectome as an .npz file, whole or not at all. Raises GanglionError."""
    npz.save(connectome, Path(path))


def facts_of(developed: Development) -> dict[str, object]:
    """What development gave, JSON-ready."""
    c = developed.connectome
    return {
        "genome_id": c.genome_id,
        "title": c.title,
        "precision": c.precision,
        "timestep": c.timestep,
        "neurons": c.n_neurons,
        "live_neurons": int(c.live().sum()),
        "synapses": c.n_synapses,
        "areas": areas_of(c),
        "notices": [notice.as_dict() for notice in developed.notices],
    }


def areas_of(c: Connectome) -> list[dict[str, object]]:
    """Its areas with their neurons and synapses, JSON-ready."""
    live = np.bincount(c.area[c.live()], minlength=len(c.areas))
    outgoing = np.bincount(c.area[c.source], minlength=len(c.areas))
    incoming = np.bincount(c.area[c.target], minlength=len(c.areas))
    return [
        {
            "id": area.id,
            "name": area.name,
            "group": area.group,
            "dimensions": list(area.dimensions),
            "neurons": area.count,
            "live_neurons": int(live[i]),
            "synapses_out": int(outgoing[i]),
            "synapses_in": int(incoming[i]),
            "dynamics": area.dynamics.value,
        }
        for i, area in enumerate(c.areas)
    ]
