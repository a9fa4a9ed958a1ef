"""Messages: what the page is told, and what it may ask for.

In:  the State of a monitor; JSON from a browser, which may hold anything.
Out: a description of the brain, a tick of figures, and spikes as bytes; requests carried out.
Never: raises for what a browser sent; sends one page what another asked for.
"""

import json
import struct
from dataclasses import asdict

import numpy as np

from ...network.model import QuantizedNetwork
from ..aim import inject_voxel
from ..state import BurstView, MonitorState

_MOST_BURSTS = 1_000  # in one message
_MOST_TRACE = 1_000


def brain(state: MonitorState) -> dict[str, object]:
    """What does not change while the page is open."""
    network = state.network
    starts = np.cumsum(state.sizes) - state.sizes
    return {
        "type": "brain",
        "title": state.source.title,
        "neurons": network.n_neurons,
        "period_us": state.source.period_us,
        "areas": [
            {
                "index": i,
                "id": area.id,
                "name": area.name or area.id,
                "group": area.group,
                "dimensions": area.dimensions,
                "position": area.position,
                "first": int(starts[i]),
                "count": int(state.sizes[i]),
                "input": bool(state.sizes[i]) and state.takes_input(i),
                **_offered(network, int(starts[i]), int(state.sizes[i])),
            }
            for i, area in enumerate(network.areas)
        ],
        "robot": state.robot.described() if state.robot else None,
        "weights": state.weights.described() if state.weights else None,
    }


def _offered(network: QuantizedNetwork, first: int, count: int) -> dict[str, object]:
    """An area's first neuron as an aim of input: its voxel, and the threshold that fires it."""
    if not count:
        return {"voxel": [0, 0, 0], "threshold": 0.0}
    unit = float(network.unit_of_neuron[first])
    return {
        "voxel": network.describe(first)[1],
        "threshold": float(network.threshold[first]) * unit,
    }


class Reader:
    """One page's place in the stream."""

    def __init__(self, state: MonitorState) -> None:
        self._state = state
        self._run = 0
        self._burst = 0  # the last that was sent
        self._said = 0
        self._trace = 0
        self._neuron: int | None = None
        self._poses = 0
        self._weights = (0, 0)  # run, and the burst of the last column
        self.skipped = 0  # bursts that this page was too slow for

    def tick(self) -> dict[str, object]:
        """The figures of now."""
        state = self._state
        with state.lock:
            pace, link = state.pace()
            stats, recorder = state.stats, state.recorder
            verdict = state.verdict
            said = [one for one in state.said if one.serial > self._said]
            self._said = said[-1].serial if said else self._said
            return {
                "type": "tick",
                "run": state.runs,
                "running": state.running,
                "last": state.last,
                "bursts": state.bursts,
                "spikes": state.spikes,
                "pace": round(pace, 2),
                "link": round(link),
                "rates": [round(float(rate), 3) for rate in state.rates()],
                "stats": asdict(stats) if stats else None,
                "losses": asdict(state.source.losses),
                "skipped": self.skipped,
                "verdict": {
                    "state": verdict.state, "compared": verdict.compared, "text": str(verdict),
                },
                "selected": state.selected,
                "recording": recorder.bytes_written if recorder else None,
                "recorded": state.recorded.name if state.recorded else None,
                "said": [f"{one.at} {one.text}" for one in said],
                "trace": self._traced(),
                "robot": self._robot(),
                "weights": self._learnt(),
            }  # fmt: skip

    def _robot(self) -> dict[str, object] | None:
        robot = self._state.robot
        if robot is None:
            return None
        told = robot.told(min(self._poses, robot.poses) if robot.poses >= self._poses else 0)
        self._poses = robot.poses
        return told

    def _learnt(self) -> dict[str, object] | None:
        state = self._state
        if state.weights is None:
            return None
        run, since = self._weights
        reference = state.source.reference
        columns = state.weights.told(reference, since if run == state.runs else 0)
        self._weights = state.runs, columns[-1][0] if columns else since * (run == state.runs)
        return {
            "run": state.runs, "columns": columns, "said": state.weights.said(reference),
        }  # fmt: skip

    def _traced(self) -> dict[str, object] | None:
        state = self._state
        reference, neuron = state.source.reference, state.neuron
        if reference is None or neuron is None:
            return None
        network = state.network
        area = network.areas[int(state.area_of[neuron])]
        if neuron != self._neuron or self._run != state.runs:
            self._neuron, self._trace = neuron, 0
        points = [p for p in list(reference.trace) if p[0] > self._trace][-_MOST_TRACE:]
        if points:
            self._trace = points[-1][0]
        _, voxel, inner = network.describe(neuron)
        return {
            "neuron": neuron,
            "label": f"{area.name or area.id} {voxel}" + (f" number {inner}" if inner else ""),
            "threshold": float(network.threshold[neuron]) * area.unit,
            "voxel": voxel,
            "points": [
                [b, kept * area.unit, int(fired), reached * area.unit]
                for b, kept, fired, reached in points
            ],
        }

    def spikes(self) -> bytes:
        """New bursts: number u32, neurons u16, zero u16, neurons × u16; little-endian."""
        state = self._state
        with state.lock:
            if self._run != state.runs:
                self._run, self._burst = state.runs, 0
            new: list[BurstView] = []
            for seen in reversed(state.recent):
                if seen.number <= self._burst or len(new) == _MOST_BURSTS:
                    break
                new.append(seen)
        new.reverse()
        if not new:
            return b""
        if self._burst and new[0].number > self._burst + 1 and len(new) == _MOST_BURSTS:
            self.skipped += new[0].number - self._burst - 1
        self._burst = new[-1].number
        parts = [
            struct.pack("<IHH", seen.number, len(seen.neurons), 0) + seen.neurons.tobytes()
            for seen in new
        ]
        return struct.pack("<II", self._run, len(new)) + b"".join(parts)


def carry_out(state: MonitorState, text: str) -> bool:
    """A page's request; False if it makes no sense."""
    try:
        request = json.loads(text)
        match request.get("do"):
            case "inject" if "voxel" in request:
                x, y, z = (int(v) for v in request["voxel"])
                inject_voxel(state, int(request["area"]), (x, y, z), float(request["amount"]))
            case "inject":
                neurons = request.get("neurons")
                state.inject(None if neurons is None else [int(n) for n in neurons])
            case "mark":
                state.mark(str(request.get("text", ""))[:200])
            case "record":
                state.record()
            case "run":
                state.run_or_stop()
            case "select":
                state.select(int(request["area"]))
            case "follow":
                neuron = request.get("neuron")
                state.follow(None if neuron is None else int(neuron))
            case _:
                return False
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return False
    return True
