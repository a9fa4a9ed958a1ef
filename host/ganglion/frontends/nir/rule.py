"""The update of a layer of neurons as data.

In:  what tools.py knows of the tool that means a node.
Out: a Rule: what is kept, gained, compared, emitted and taken back in one step.
Never: computes a step: floats.py does, and in integers reference/.
"""

from dataclasses import dataclass, field

from .facts import Fact
from .parameters import Real


@dataclass(frozen=True, slots=True)
class Current:
    """The synaptic current I, a second state: how it takes up x and what of it reaches v (J).

    after: I = keep·I + gain·x, J = I | decayed: I = keep·(I + x), J = I |
    used: I += x, J = I, then I = keep·I
    """

    kind: str
    keep: Real
    gain: Real | None = None


@dataclass(frozen=True)
class Rule:
    """One step of a layer. Arrays have the layer's shape; times are in steps.

    With x what arrives in this step, J = x if there is no current, and r whether v fires at the
    step's beginning: v = keep·v + gain·J + drift; z = whether (or how often) v fires; the reset.
    reset_at next-before: v -= r·θ (or v = 0 where r) before the step's decay; next-after: behind
    it; `loses_input`: where r, this step's J does not reach v (snnTorch's Synaptic, reset zero).
    """

    keep: Real
    gain: Real
    drift: Real
    threshold: Real | None  # None: a read-out, whose output is v
    start: Real
    current: Current | None = None
    at_least: bool = False  # fires at θ itself
    many: bool = False  # emits how often θ fits into v
    reset: str = "value"  # | subtract | none
    reset_at: str = "now"  # | next-after | next-before
    reset_to: Real | None = None
    gives_back: bool = False  # subtract now, and add θ again in the step after: snnTorch
    loses_input: bool = False
    from_old: bool = False  # what is compared is v before this step: Spyx
    floor: Real | None = None
    steps: Real | None = None  # time constants where floats decay by (v − start) / steps
    asked: dict[str, Fact] = field(default_factory=dict)  # the facts that it rests on
