"""Monitor: a run, shown live: in the terminal, as plain lines, as JSON, or in a page.

In:  a network, a Source of events, and how to show them.
Out: what a person or a program sees; the exit is clean whatever ends it.
Never: slows the device down; shows a loss as silence.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import rich_click as click
from rich.console import Console
from rich.live import Live as LiveDisplay

from ..errors import DeviceError
from ..link.messages import Burst, Fault, Stats
from ..network.model import QuantizedNetwork
from .bridges import PLOTJUGGLER, TELEPLOT, Bridge, PlotJuggler, Teleplot, address
from .keys import Keys
from .robot import RobotView
from .source import MonitorEvent, Request, RunNotice, Source
from .state import MonitorState
from .terminal import View

_FRAME = 0.1  # seconds between two pictures
_LINE = 1.0  # seconds between two plain lines


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """How to show a run."""

    as_json: bool = False
    web: bool = False
    bind: str = "127.0.0.1:8765"
    record: Path | None = None
    teleplot: str | None = None  # HOST[:PORT]
    plotjuggler: str | None = None


class Show(Protocol):
    """Something that shows a State."""

    def update(self, event: MonitorEvent) -> None: ...
    def last(self) -> None: ...


def watch(
    network: QuantizedNetwork,
    source: Source,
    options: ShowOptions,
    blob: bytes = b"",
    robot: RobotView | None = None,
) -> MonitorState:
    """Shows the source until it ends or a person has seen enough.

    Raises what ended the run, if that was no request of anybody's.
    """
    state = MonitorState(network, source, blob, options.record, robot=robot)
    if options.record:
        state.record()
        if state.recorder is None:
            raise DeviceError(state.said[-1].text, "name another file for the recording")
    failed: Fault | None = None
    with ExitStack() as stack:
        stack.callback(state.close)
        keys = stack.enter_context(Keys())
        bridges = _bridges(options)
        for bridge in bridges:
            stack.callback(bridge.close)
        if options.web:
            from .web.server import serve

            stack.enter_context(serve(state, options.bind))
        show = stack.enter_context(_show(state, options))
        events = stack.enter_context(closing(source.events()))
        for event in events:
            state.see(event)
            state.watch_recording()
            if isinstance(event, Fault):
                failed = event
            show.update(event)
            for bridge in bridges:
                bridge.send(state)
            for key in keys.pressed() if event is None else ():
                act(state, key)
        show.last()
    if options.record and state.unrecorded is not None:
        raise state.unrecorded  # what was asked for is not all there
    if failed is not None:
        raise DeviceError(f"the device failed: {failed}", "look at its power, then deploy again")
    return state


def act(state: MonitorState, key: str) -> None:
    """What a key does."""
    match key:
        case "pause":
            state.pause()
        case "up":
            state.move(-1)
        case "down":
            state.move(1)
        case "inject":
            state.inject()
        case "mark":
            state.mark()
        case "record":
            state.record()
        case "stop":
            state.run_or_stop()
        case "quit":
            state.source.request(Request.QUIT)


def _bridges(options: ShowOptions) -> list[Bridge]:
    found: list[Bridge] = []
    if options.teleplot is not None:
        found.append(Teleplot(address(options.teleplot, TELEPLOT)))
    if options.plotjuggler is not None:
        found.append(PlotJuggler(address(options.plotjuggler, PLOTJUGGLER)))
    return found


@contextmanager
def _show(state: MonitorState, options: ShowOptions) -> Iterator[Show]:
    if options.as_json:
        yield _Objects(state)
    elif options.web or not sys.stdout.isatty():
        yield _Lines(state)
    else:
        console = Console()
        view = View(state)
        with LiveDisplay(
            view, console=console, screen=True, auto_refresh=False, redirect_stderr=False
        ) as display:
            yield _Picture(display)
        for said in list(state.said)[-3:]:
            click.echo(f"{said.at} {said.text}")


class _Picture:
    """The terminal, redrawn ten times a second."""

    def __init__(self, display: LiveDisplay) -> None:
        self._display = display
        self._next = 0.0

    def update(self, event: MonitorEvent) -> None:
        now = time.monotonic()
        if now >= self._next:
            begun = now
            self._display.refresh()
            # A slow terminal gets fewer pictures, so that the stream is never held up.
            self._next = max(now + _FRAME, time.monotonic() + (time.monotonic() - begun))

    def last(self) -> None:
        self._display.refresh()


class _Lines:
    """Off a terminal: one line a second, and each notice."""

    def __init__(self, state: MonitorState) -> None:
        self._state = state
        self._next = time.monotonic() + _LINE
        self._told = 0
        self._shown = (0, 0)  # runs and bursts of the last line

    def update(self, event: MonitorEvent) -> None:
        now = time.monotonic()
        if isinstance(event, RunNotice | Fault) or now >= self._next:
            self._say()
        if now >= self._next:
            self._next = now + _LINE
            if self._shown != (self._state.runs, self._state.bursts):
                self._line()

    def last(self) -> None:
        self._say()
        self._line()

    def _say(self) -> None:
        for one in [one for one in self._state.said if one.serial > self._told]:
            click.echo(f"{one.at} {one.text}")
            self._told = one.serial

    def _line(self) -> None:
        state = self._state
        self._shown = state.runs, state.bursts
        if not state.bursts:
            return
        losses = state.source.losses
        stats = state.stats
        learnt = state.weights.said(state.source.reference) if state.weights else ""
        click.echo(
            f"burst {state.last:,}  {state.pace()[0]:,.1f}/s  {state.spikes:,} spikes  "
            f"late {stats.late if stats else 0:,}  lost {losses.missing + losses.incomplete:,}  "
            f"dropped {losses.dropped:,}  {state.verdict}" + (f"  {learnt}" if learnt else "")
        )


class _Objects:
    """One JSON object per burst, and per anything else that happens."""

    def __init__(self, state: MonitorState) -> None:
        self._state = state

    def update(self, event: MonitorEvent) -> None:
        told = as_object(event)
        if told:
            click.echo(json.dumps(told))

    def last(self) -> None:
        state = self._state
        if state.source.reference:
            state.source.reference.wait(10)
        verdict = state.verdict
        told = {
            "verdict": verdict.state, "compared": verdict.compared, "bursts": state.bursts,
            "lost": vars_of(state),
        }  # fmt: skip
        click.echo(json.dumps(told))


def as_object(event: MonitorEvent) -> dict[str, object] | None:
    """A happening, JSON-ready."""
    if isinstance(event, Burst):
        digest = None if event.digest is None else f"{event.digest:08x}"
        return {
            "burst": event.number, "fired": event.neurons.tolist(), "digest": digest,
            "micros": event.micros, "complete": event.complete,
        }  # fmt: skip
    if isinstance(event, Stats):
        return {
            "stats": event.burst, "mean_us": event.mean_us, "max_us": event.max_us,
            "heap_free": event.heap_free, "dropped": event.dropped, "late": event.late,
        }  # fmt: skip
    if isinstance(event, RunNotice):
        return {event.kind: event.text}
    if isinstance(event, Fault):
        return {"fault": str(event)}
    return None


def vars_of(state: MonitorState) -> dict[str, int]:
    """What was lost, JSON-ready."""
    losses = state.source.losses
    names = ("missing", "incomplete", "lost", "damaged", "dropped")
    return {name: getattr(losses, name) for name in names}
