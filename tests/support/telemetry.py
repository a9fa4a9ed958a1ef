"""Telemetry: frames as a device sends them, from what they say."""

import struct

from ganglion.link.frame import Frame, Type


def frame(type: Type, payload: bytes) -> Frame:
    return Frame(type, 0, payload)


def spikes(burst: int, *neurons: int) -> Frame:
    return frame(Type.SPIKES, struct.pack(f"<I{len(neurons)}H", burst, *neurons))


def burst(number: int, fired: int, *neurons: int) -> Frame:
    head = struct.pack("<IIHBBI", number, 0xDEADBEEF, fired, 1, 0, 123)
    return frame(Type.BURST, head + struct.pack(f"<{len(neurons)}H", *neurons))


def done(number: int) -> Frame:
    return frame(Type.DONE, struct.pack("<IIII", number, 1, 2, 3))
