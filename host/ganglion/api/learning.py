"""Learning: what a brain has learnt on a device, as a file and in numbers; two such files compared.

In:  a brain, a device; how many bursts it is to run first, if any.
Out: a .npz file with its weights, synapses and memories; with `keep` the same on the device, as
     the brain that it begins with from then on.
Never: takes what another brain learnt; leaves half a file.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from ..blob.learnt import begin_with, counts_of, learnt_in
from ..blob.learnt import save as save_learnt
from ..blob.signature import sign
from ..compiler import finished
from ..device.device import Device
from ..device.open import open_device
from ..errors import DeviceError, UsageError
from ..files import check_output
from ..link.messages import Fault
from ..reference.stimulus import RandomStimulus, parameters
from ..verification.verify import events_of
from ._inputs import inputs_of
from .brains import Place, Source, open_brain
from .devices import put
from .progress import Progress, silent

__all__ = ["Learned", "learned"]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a brain has learnt: how many synapses there are, and which of them are new or other."""

    file: Path
    synapses: int
    changed: int
    created: int
    memories: int
    kept: bool
    """whether the device begins with it from now on"""

    def as_dict(self) -> dict[str, object]:
        """The same, JSON-ready."""
        return {**asdict(self), "file": str(self.file)}


def learned(
    source: Source, path: Place, device: str = "virtual", bursts: int = 0,
    stimulus: str = "random:1", *, inject: tuple[str, ...] = (), keep: bool = False,
    key: Path | None = None, progress: Progress = silent,
) -> Learned:  # fmt: skip
    """Reads out what a brain has learnt on a device, after `bursts` more, as a file (.npz).

    `keep`: the device begins with it from then on, signed with the private `key` if one is given.
    Raises UsageError for a brain that learns nothing, or if another is there.
    """
    if key and not keep:
        raise UsageError("--sign signs the brain that --keep puts there", "give both, or neither")
    brain = open_brain(source)
    network, blob = brain.network, brain.blob
    if not network.learning:
        raise UsageError(
            f"{source if isinstance(source, str | Path) else 'the brain'} learns nothing",
            "give a brain with plastic rules or memory; `ganglion lint` says what a genome has",
        )
    chosen = RandomStimulus.parse(stimulus)
    injected = inputs_of(brain, "none", inject, None).injected
    with open_device(device) as there:
        if bursts:
            put(there, sign(blob, key) if key else blob, progress)
            there.configure(stimulus=parameters(chosen), bursts=False, lossless=True)
            with progress("learning", bursts) as advance:
                for event in events_of(there, bursts, injected):
                    if isinstance(event, Fault):
                        raise DeviceError(f"the device failed: {event}", "see `ganglion doctor`")
                advance(bursts)
        else:
            _is_there(there, brain.id)
        learnt = learnt_in(network, there.learnt())
        save_learnt(check_output(Path(path)), network, learnt)
        if keep:
            kept = finished(begin_with(network, learnt))[1]
            put(there, sign(kept, key) if key else kept, progress)
    return Learned(Path(path), **counts_of(network, learnt), kept=keep)


def _is_there(device: Device, wanted: str) -> None:
    found = device.greeting.brain_id
    if found.hex() != wanted:
        there = f"the brain {found.hex()}" if found else "no brain"
        raise UsageError(
            f"the device has {there}, and this one is {wanted}",
            "name the brain that is there, or let this one learn first: --bursts",
        )
