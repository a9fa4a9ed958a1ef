"""What a NIR file does not hold: the time step, the reset, what the tool's gain means.

In:  the name of the tool that wrote the file, and what its user says beyond that.
Out: Facts: the value of each fact for each node, and where the value is from.
Never: fills in silently: a value that the user did not give is said to be the tool's default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .file import NirError


@dataclass(frozen=True, slots=True)
class Source:
    """A tool: what it writes, and what its modules do by default."""

    title: str
    dt: float | None  # None: the user must say it
    writes: tuple[str, ...]  # types of neurons
    defaults: Mapping[str, object] = field(default_factory=dict)
    unit: str = "s"


_SNN = ("LIF", "CubaLIF")
SOURCES: dict[str, Source] = {
    "snntorch": Source("snnTorch", 1e-4, _SNN, {"reset": "subtract", "reset_at": "next"}),
    "snntorch-import": Source(
        "snnTorch's importer", 1e-4, _SNN, {"reset": "zero", "reset_at": "now"}
    ),
    "norse": Source("Norse", 1e-6, ("LIF", "IF", "CubaLIF", "LI"), {"v_reset": 0.0}),
    "spikingjelly": Source("SpikingJelly", 1e-4, ("LIF", "IF", "CubaLIF")),
    "sinabs": Source(
        "sinabs", 1.0, ("LIF", "IF", "LI"),
        {"reset": "subtract", "spikes": "many", "tau_syn": 0.0, "v_min": None},
        "steps",
    ),
    "rockpool": Source(
        "Rockpool", None, ("LIF", "CubaLIF"), {"spikes": "many", "bias": 0.0}
    ),
    "spyx": Source(
        "Spyx", 1.0, ("LIF", "IF", "CubaLIF", "LI", "Threshold"), {"flatten": "auto"}, "steps"
    ),
    "nir": Source(
        "NIR's equations", None, ("LIF", "IF", "CubaLIF", "LI", "I", "Threshold"),
        {"reset": "value"},
    ),
}  # fmt: skip

NUMBERS = ("dt", "v_reset", "tau_syn", "bias", "v_min")
CHOICES: dict[str, tuple[str, ...]] = {
    "reset": ("subtract", "zero", "value", "none"),
    "reset_at": ("now", "next"),
    "spikes": ("many", "single"),
    "norm_input": ("yes", "no"),
    "flatten": ("chw", "hwc", "auto"),
}
TAKES: dict[str, tuple[str, ...]] = {
    "snntorch": ("reset", "reset_at"),
    "snntorch-import": (),
    "norse": ("v_reset",),
    "spikingjelly": (),
    "sinabs": ("reset", "spikes", "norm_input", "tau_syn", "v_min"),
    "rockpool": ("spikes", "bias"),
    "spyx": ("flatten",),
    "nir": ("reset", "v_reset"),
}
"""The facts that a file of this tool leaves open, beside dt."""

Value = float | str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One value, and whether the user gave it or the tool's default stands in."""

    value: Value
    given: bool


@dataclass(frozen=True)
class Facts:
    """`source` and what was said: for all nodes, or for one (`of`)."""

    source: str
    said: Mapping[str, Value] = field(default_factory=dict)
    of: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)  # nodes that another tool means

    def at(self, node: str) -> str:
        """The tool that means this node."""
        return self.sources.get(node, self.source)

    def get(self, name: str, node: str) -> Fact | None:
        """The fact for a node, or None if neither the user nor the tool says it."""
        own = self.of.get(node, {})
        if name in own:
            return Fact(own[name], True)
        if name in self.said:
            return Fact(self.said[name], True)
        source = SOURCES[self.at(node)]
        if name == "dt" and source.dt is not None:
            return Fact(source.dt, False)
        if name in source.defaults:
            return Fact(source.defaults[name], False)  # type: ignore[arg-type]
        return None

    def number(self, name: str, node: str, otherwise: float = 0.0) -> float:
        """The fact as a number."""
        fact = self.get(name, node)
        value = otherwise if fact is None or fact.value is None else fact.value
        assert not isinstance(value, str)
        return float(value)

    def choice(self, name: str, node: str, otherwise: str = "") -> str:
        """The fact as a word."""
        fact = self.get(name, node)
        return otherwise if fact is None else str(fact.value)

    @property
    def dt(self) -> float:
        """Seconds (or steps) of one step. Raises NirError if nobody says."""
        fact = self.get("dt", "")
        if fact is None:
            raise NirError(
                f"a NIR file holds no time step, and {SOURCES[self.source].title} has no default",
                "say it: --dt SECONDS",
            )
        return self.number("dt", "")


def facts(
    source: str | None, words: Mapping[str, str] | None = None, dt: float | None = None
) -> Facts:
    """Facts from what a user typed. `words` are NAME or NODE:NAME with their values.

    Raises NirError for a source, a name or a value that there is not, and if no source is given.
    """
    if source is None:
        raise NirError(
            "a NIR file does not say which tool wrote it, nor its time step, its reset, or what "
            "its gain means, and the tools differ",
            f"say who means it: --source {'|'.join(SOURCES)}",
        )
    if source not in SOURCES:
        raise NirError(f"there is no source {source!r}", f"use one of {', '.join(SOURCES)}")
    result = Facts(source)
    said: dict[str, Value] = {}
    of: dict[str, dict[str, Value]] = {}
    sources: dict[str, str] = {}
    for key, text in (words or {}).items():
        node, _, name = key.rpartition(":")
        if name == "source" and node:
            if text not in SOURCES:
                raise NirError(f"there is no source {text!r}", f"use one of {', '.join(SOURCES)}")
            sources[node] = text
            continue
        value = _value(name, text)
        mine = sources.get(node, source)
        if name != "dt" and name not in TAKES[mine]:
            raise NirError(
                f"{SOURCES[mine].title} has no fact {name}",
                f"its files leave open: {', '.join(('dt', *TAKES[mine]))}",
            )
        if node:
            of.setdefault(node, {})[name] = value
        else:
            said[name] = value
    if dt is not None:
        said["dt"] = _value("dt", repr(dt))
    return replace(result, said=said, of=of, sources=sources)


def _value(name: str, text: str) -> Value:
    if name in NUMBERS:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if number != number or abs(number) == float("inf") or (name == "dt" and number <= 0):
            raise NirError(
                f"the fact {name} is {text!r}",
                f"give a {'positive ' if name == 'dt' else ''}number",
            )
        return number
    if name in CHOICES:
        if text not in CHOICES[name]:
            raise NirError(f"the fact {name} is {text!r}", f"use {' or '.join(CHOICES[name])}")
        return text
    raise NirError(f"there is no fact {name!r}", f"use one of {', '.join((*NUMBERS, *CHOICES))}")
