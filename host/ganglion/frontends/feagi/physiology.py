"""Physiology: what a genome says about the whole brain: time step and precision.

In:  the `physiology` object, in today's or an older form.
Out: seconds per burst, and fp32, fp16 or int8.
Never: fails: FEAGI repairs these values, and so do we, with a notice.
"""

from ...connectome.model import canonical_precision
from ...notices import Notices
from .fields import number_of
from .json_text import child, kind, shorten
from .policy import Policy

DEFAULT_TIMESTEP = 0.025

_KNOWN = frozenset({
    "simulation_timestep", "burst_delay", "max_age", "evolution_burst_count", "ipu_idle_threshold",
    "plasticity_queue_depth", "lifespan_mgmt_interval", "quantization_precision", "sleep",
})  # fmt: skip


def read_precision(genome: dict[str, object], layout: str, notices: Notices) -> str:
    """The precision that the genome asks for.

    As in FEAGI, a physiology that does not say is fp32 and no physiology at all is int8; only
    the flat layout takes a missing one for an empty one.
    """
    path = "$.physiology"
    if genome.get("physiology") is None and not (layout == "flat" and "physiology" not in genome):
        notices.info(
            "precision", path, "there is no physiology, which FEAGI reads as int8 precision",
            "write a physiology, or choose with --precision",
        )  # fmt: skip
        return "int8"
    physiology = genome.get("physiology")
    if not isinstance(physiology, dict) or "quantization_precision" not in physiology:
        return "fp32"
    value = physiology["quantization_precision"]
    path = child(path, "quantization_precision")
    if not isinstance(value, str):
        # FEAGI takes what is not text as absent.
        notices.warning(
            "precision", path, f"the precision is {kind(value)}; read as fp32",
            "write fp32, fp16 or int8",
        )  # fmt: skip
        return "fp32"
    known = canonical_precision(value)
    if known is None:
        notices.warning(
            "precision", path,
            f"{shorten(value)} is not a precision; repaired to int8, as FEAGI does",
            "write fp32, fp16 or int8",
        )  # fmt: skip
        return "int8"
    if known != value:
        notices.info("precision", path, f"{shorten(value)} is read as {known}", f"write {known}")
    return known


def read_timestep(genome: dict[str, object], policy: Policy, notices: Notices) -> float:
    """Seconds per burst: `simulation_timestep`, else `burst_delay`, else 0.025."""
    physiology = genome.get("physiology")
    if physiology is not None and not isinstance(physiology, dict):
        notices.warning(
            "wrong-type", "$.physiology", f"the physiology is {kind(physiology)} and is ignored",
            "write an object",
        )  # fmt: skip
    places = [(physiology, "$.physiology")] if isinstance(physiology, dict) else []
    places.append((genome, "$"))  # before 2.0's physiology, burst_delay stood at the top
    for values, base in places:
        for name in ("simulation_timestep", "burst_delay"):
            if values.get(name) is None:
                continue
            path = child(base, name)
            number = number_of(values[name], path, policy, notices)
            if number is None:
                continue
            if number > 0:
                return number
            notices.warning(
                "timestep", path,
                f"the time step {shorten(values[name])} is not above 0; "
                f"repaired to {DEFAULT_TIMESTEP} s, as FEAGI does",
                "write seconds per burst",
            )  # fmt: skip
            return DEFAULT_TIMESTEP
    return DEFAULT_TIMESTEP


def report_unknown(genome: dict[str, object], notices: Notices) -> None:
    """Names the physiology keys that have no meaning to FEAGI."""
    physiology = genome.get("physiology")
    for key in physiology if isinstance(physiology, dict) else ():
        if key not in _KNOWN:
            notices.info(
                "unknown-key", child("$.physiology", key),
                f"the field {shorten(key)} is not part of a physiology and has no effect",
                "check its spelling, or remove it",
            )  # fmt: skip
