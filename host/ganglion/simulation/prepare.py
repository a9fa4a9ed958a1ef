"""Prepare: the engine of a connectome and the stimulus that it is fed, made for each other.

In:  a connectome, a precision, a stimulus by name, and how it is to be quantized.
Out: an engine at burst 0, its stimulus, and its brain if it has one.
Never: runs a burst.
"""

from collections.abc import Callable

from ..compiler import Brain
from ..connectome.model import Connectome
from ..quantization.options import QuantizeOptions
from ..reference.real import RealStimulus
from .engines import Engine, engine
from .stimuli import Ports, parse

OptionsFor = Callable[[RealStimulus | None], QuantizeOptions | None]


def prepare(
    connectome: Connectome,
    precision: str | None,
    stimulus_text: str,
    options_for: OptionsFor = lambda stimulus: None,
) -> tuple[Engine, RealStimulus, Brain | None]:
    """`options_for`: how to quantize what is fed so. Without a precision it is the genome's.

    Raises UsageError, StimulusError, or what compiling raises.
    """
    ports = Ports.of_connectome(connectome)
    drawn = stimulus_text.startswith("random")
    stimulus = None if drawn else parse(stimulus_text, ports, connectome=connectome)
    options = options_for(stimulus)
    running, made = engine(connectome, precision, options)
    if stimulus is None:  # it is drawn in a brain's own integers
        made_for = made or engine(connectome, "int8", options)[1]
        stimulus = parse(stimulus_text, ports, made_for.network if made_for else None)
        if made is None:  # floating point has no integers to take
            stimulus = RealStimulus(stimulus.name, stimulus.kind, stimulus.inputs)
    return running, stimulus, made
