"""Policy: how a genome is read where old files and today's FEAGI disagree, and how large it may be.

In:  the choices of a caller, or `NAME=VALUE` words from the command line.
Out: one frozen Policy, the same for reading and for development.
Never: a silent choice; each deviation that a policy decides is also a notice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ...errors import UsageError


@dataclass(frozen=True, slots=True)
class Policy:
    """One documented choice per disagreement. Defaults open every file that FEAGI ever wrote;
    `like_feagi()` gives what FEAGI 2026-02 does, wherever that is a defined reading.

    The limits keep any file, whoever wrote it, to about a second and 256 MiB.
    """

    leak_above_one: Literal["percent", "clamp", "refuse"] = "percent"
    """A leak above 1: hundredths (10 is 0.10), or 1, or an error."""
    short_rules: Literal["accept", "drop", "refuse"] = "accept"
    """Array rules of 4 to 7 elements, as older FEAGI wrote them. FEAGI drops them."""
    snooze_i: Literal["accept", "ignore"] = "accept"
    """`snooze-i`, which FEAGI exports and does not import."""
    neuron_params: Literal["accept", "ignore", "refuse"] = "accept"
    """Sizes and thresholds under `neuron_params`, as genomes before 2.0 have them. FEAGI ignores
    them: every area is one voxel with default neurons."""
    unknown_ids: Literal["accept", "skip", "refuse"] = "accept"
    """Area ids whose first byte is none of c, m, i, o, _. FEAGI skips the area."""
    floats_in_integers: Literal["accept", "refuse"] = "accept"
    """1.0 or 1.5 where an integer belongs: truncated. FEAGI refuses the file."""
    numbers_as_text: Literal["accept", "refuse"] = "accept"
    """"0.5" where a number belongs. FEAGI refuses the file."""
    wide_values: Literal["wrap", "saturate", "refuse"] = "wrap"
    """Refractory, snooze and consecutive-fire counts above 65535. FEAGI wraps them."""
    excitability_above_one: Literal["always", "percent"] = "always"
    """An excitability above 1 fires always, as in FEAGI, or is hundredths (5 is 0.05)."""
    helper_morphologies: Literal["implement", "none"] = "implement"
    """expander, reducer, lateral pairs, last to first: FEAGI names them and makes no synapse."""
    unknown_morphology: Literal["skip-rule", "skip-rest", "refuse"] = "skip-rule"
    """A rule that names no known morphology. FEAGI gives up that area's remaining mappings."""
    core_areas: Literal["create", "as-written"] = "create"
    """Add the core areas (power, death, fatigue) that the file lacks, as FEAGI does."""
    learning: Literal["run", "ignore"] = "run"
    """Plastic rules, memory areas and twins: they run, or weights stay and memory is left out."""
    memory_slots: int = 64
    """Memory neurons that each memory area has room for. FEAGI has 50,000 for all together."""
    attractivity_seed: int = 1
    """Seed of the generator that decides which synapses exist when attractivity is below 100."""
    max_bytes: int = 4 * 1024 * 1024
    """Largest genome file."""
    max_nesting: int = 64
    """Deepest nesting of lists and objects in the file."""
    max_areas: int = 4096
    """Most cortical areas."""
    max_rules: int = 4096
    """Most mapping rules."""
    max_parts: int = 65_536
    """Most vectors and patterns of all morphologies together."""
    max_blocks: int = 16_384
    """Most vectors, and patterns with a wildcard, that all rules together apply."""
    max_neurons: int = 1_000_000
    """Most neurons; counted before anything is allocated."""
    max_synapses: int = 3_000_000
    """Most synapses; bounded from above before anything is allocated."""

    @classmethod
    def like_feagi(cls) -> "Policy":
        """The reading of FEAGI 2026-02, where it has one (its leak above 1 is not one)."""
        return cls(
            short_rules="drop",
            snooze_i="ignore",
            neuron_params="ignore",
            unknown_ids="skip",
            floats_in_integers="refuse",
            numbers_as_text="refuse",
            helper_morphologies="none",
            unknown_morphology="skip-rest",
        )

    def with_settings(self, settings: Iterable[str]) -> "Policy":
        """This policy changed by words such as `leak_above_one=clamp`, or `feagi` for all."""
        policy = self
        for word in settings:
            policy = Policy.like_feagi() if word == "feagi" else _changed(policy, word)
        return policy


def choices() -> str:
    """Every policy with its values, the default first."""
    words = []
    for name, hint in get_type_hints(Policy).items():
        default = getattr(Policy(), name)
        others = [value for value in get_args(hint) if value != default]
        words.append(f"{name}={'|'.join([str(default), *others])}")
    return ", ".join(words)


def _changed(policy: Policy, word: str) -> Policy:
    name, equals, value = word.partition("=")
    name = name.strip().replace("-", "_")
    hints: dict[str, Any] = get_type_hints(Policy)
    if not equals or name not in hints:
        raise UsageError(
            f"policy {word!r} is not NAME=VALUE of a known name",
            f"use one of {', '.join(hints)}, or feagi",
        )
    change: dict[str, Any]
    if get_origin(hints[name]) is Literal:
        choices = get_args(hints[name])
        if value not in choices:
            raise UsageError(
                f"policy {name} cannot be {value!r}", f"use one of {', '.join(choices)}"
            )
        change = {name: value}
    else:
        if not value.isascii() or not value.isdigit() or len(value) > 18:
            raise UsageError(f"policy {name} cannot be {value!r}", "use a whole number")
        change = {name: int(value)}
    return replace(policy, **change)
