"""Run: the reference over many bursts, under a stimulus and injections.

In:  a network, its random stimulus, inputs by burst.
Out: the reference after each burst, and its digest.
Never: ends by itself.
"""

from collections.abc import Iterator, Mapping

from ..network.model import QuantizedNetwork
from .engine import BURSTS, reference_of, stream_of
from .inputs import FedInputs, Injection
from .integers import Reference
from .stimulus import RandomStimulus


def reference_run(
    network: QuantizedNetwork,
    stimulus: RandomStimulus | None,
    injected: "Mapping[int, Injection] | FedInputs | None" = None,
    engine: str | None = None,
    bursts: int = BURSTS,
) -> Iterator[tuple[Reference, int]]:
    """The reference after each burst, and the digest; without end.

    `engine`, `bursts`: as engine.py says.
    """
    reference = reference_of(network, engine=engine, bursts=bursts)
    stream = stream_of(network, stimulus, engine=engine, bursts=bursts) if stimulus else None
    injected = {} if injected is None else injected
    while True:
        extra = injected.get(reference.burst + 1)
        reference.step(
            stream.draw() if stream else None, (extra.neurons, extra.amounts) if extra else None
        )
        yield reference, reference.digest()
