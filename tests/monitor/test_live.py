"""A run that is watched goes on through sudden ends, and says what they were."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganglion.compiler import Brain
from ganglion.device.device import Device
from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError, NoDeviceError
from ganglion.link.messages import Burst, Done
from ganglion.monitor.live import Live, Settings
from ganglion.monitor.source import MonitorEvent, NoticeKind, Request, RunNotice
from ganglion.recording.file import Recorder, Recording
from ganglion.recording.runs import runs
from ganglion.reference.stimulus import RandomStimulus
from ganglion.verification import live_reference
from ganglion.verification.live_reference import LiveReference
from ganglion.verification.recorded import check

STIMULUS = RandomStimulus.at_rate(7)


def watch(live: Live, on_burst: Callable[[int], None]) -> list[MonitorEvent]:
    """Everything that happens; `on_burst` is called with the number of each burst."""
    seen: list[MonitorEvent] = []
    with closing(live.events()) as events:
        for event in events:
            if event is not None:
                seen.append(event)
            if isinstance(event, Burst):
                on_burst(event.number)
    return seen


def notices(seen: list[MonitorEvent]) -> list[str]:
    return [
        event.text
        for event in seen
        if isinstance(event, RunNotice) and event.kind is NoticeKind.NOTICE
    ]


@pytest.fixture
def brain(small_brain: Brain) -> Brain:
    return small_brain


def test_what_is_injected_is_known_to_the_reference_and_to_the_recording(
    brain: Brain, tmp_path: Path
):
    live = Live("virtual", brain.network, brain.blob, Settings(250, STIMULUS, 10_000))
    injected = []

    def on_burst(number: int) -> None:
        if number in (20, 120):
            live.request(Request.INJECT, *(word for n in range(0, 100, 4) for word in (n, 1 << 22)))

    with Recorder(tmp_path / "a.gbr", brain.blob, live.meta()) as live.recorder:
        seen = watch(live, on_burst)
    injected = [text for text in notices(seen) if "input into" in text]
    assert [text.split(": ")[1] for text in injected] == [
        "input into 20 neurons", "input into 5 neurons",
    ] * 2  # fmt: skip
    assert live.reference is not None
    assert live.reference.wait(30)
    assert (live.reference.verdict.state, live.reference.verdict.compared) == ("identical", 250)
    (run,) = runs(Recording(tmp_path / "a.gbr"))
    assert len(run.injected) == 50
    assert check(brain.network, run).identical
    without = replace(run, injected=())
    assert not check(brain.network, without).identical


def test_a_brain_with_another_threshold_is_told_apart(brain: Brain):
    populations = list(brain.network.populations)
    populations[-1] = replace(populations[-1], threshold=2 * populations[-1].threshold)
    other = replace(brain.network, populations=tuple(populations))
    live = Live("virtual", other, brain.blob, Settings(300, STIMULUS))
    watch(live, lambda number: None)
    assert live.reference is not None
    assert live.reference.wait(30)
    verdict = live.reference.verdict
    assert verdict.state == "differs"
    assert verdict.divergence is not None
    assert verdict.divergence.area == other.areas[2].id
    assert (verdict.divergence.device, verdict.divergence.host) == (1, 0)
    assert verdict.divergence.burst == verdict.compared + 1


def test_a_reboot_in_the_middle_is_said_and_a_new_run_begins(brain: Brain, tmp_path: Path):
    devices: list[Device] = []

    def opener(spec: str) -> Device:
        devices.append(open_device(f"virtual:{tmp_path / 'flash'}"))
        return devices[-1]

    def on_burst(number: int) -> None:
        if number == 50 and len(devices) == 1:
            assert devices[0].virtual is not None
            devices[0].virtual.reset()

    live = Live("virtual", brain.network, brain.blob, Settings(100, STIMULUS, 2000), opener=opener)
    with Recorder(tmp_path / "a.gbr", brain.blob) as live.recorder:
        seen = watch(live, on_burst)
    assert "the virtual device began anew during the run (reset cause 0)" in notices(seen)
    assert "the device is back; a new run begins" in notices(seen)
    assert isinstance(seen[-2], Done)
    recording = Recording(tmp_path / "a.gbr")
    first, second = runs(recording)
    assert first.end == "the device began anew (reset cause 0)"
    assert 50 <= len(first.number) < 100
    assert (len(second.number), second.whole) == (100, True)
    assert check(brain.network, first).identical
    assert check(brain.network, second).identical


def test_unplugged_and_plugged_in_again_is_one_recording_of_two_runs(brain: Brain, tmp_path: Path):
    port = tmp_path / "port"
    boards: list[VirtualDevice] = []

    def plug_in() -> None:
        port.unlink(missing_ok=True)
        boards.append(VirtualDevice(tmp_path / "flash"))
        port.symlink_to(boards[-1].path)

    def opener(spec: str) -> Device:
        try:
            return open_device(spec)
        except NoDeviceError:
            plug_in()  # somebody hears that it is gone
            raise

    def on_burst(number: int) -> None:
        if number == 50 and len(boards) == 1:
            boards[0].close()

    plug_in()
    settings = Settings(100, STIMULUS, 2000)
    live = Live(str(port), brain.network, brain.blob, settings, opener=opener)
    try:
        with Recorder(tmp_path / "a.gbr", brain.blob) as live.recorder:
            seen = watch(live, on_burst)
    finally:
        boards[-1].close()
    assert any(f"{port} is gone" in text for text in notices(seen))
    recording = Recording(tmp_path / "a.gbr")
    first, second = runs(recording)
    assert 50 <= len(first.number) < 100
    assert second.whole
    assert [said.text for _, said in first.said if "gone" in said.text]
    assert check(brain.network, first).identical
    assert check(brain.network, second).identical


def test_without_patience_a_device_that_is_gone_ends_it(brain: Brain, tmp_path: Path):
    with VirtualDevice(tmp_path / "flash") as board:
        settings = Settings(0, STIMULUS, 2000, patience=0)
        live = Live(board.path, brain.network, brain.blob, settings)
        with pytest.raises(DeviceError, match=r"is gone .*; plug it in again, then try again"):
            watch(live, lambda number: board.close() if number == 20 else None)


def test_stopped_and_started_again_the_new_run_is_compared_from_zero(brain: Brain):
    live = Live("virtual", brain.network, brain.blob, Settings(0, STIMULUS, 1000, stay=True))
    ended = 0

    def events() -> Iterator[None]:
        nonlocal ended
        with closing(live.events()) as stream:
            for event in stream:
                if isinstance(event, Burst) and event.number == 30:
                    live.request(Request.QUIT if ended else "stop")
                if isinstance(event, RunNotice) and event.kind == "ended":
                    ended += 1
                    assert live.reference is not None
                    assert live.reference.wait(30)
                    assert live.reference.verdict.state == "identical"
                    assert live.reference.verdict.compared >= 30
                    live.request(Request.START)
                yield

    for _ in events():
        pass
    assert ended == 2


def test_a_reference_that_cannot_keep_pace_says_so(brain: Brain, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_reference, "_BEHIND", 0)
    reference = LiveReference(brain.network, None)
    reference.feed(Burst(1, None, 0, np.zeros(0, np.uint16), 0))
    assert str(reference.verdict) == "not compared: this host is too slow for the reference"
    reference.close()


def test_the_trace_of_a_neuron_is_what_the_reference_has(brain: Brain):
    live = Live("virtual", brain.network, brain.blob, Settings(200, STIMULUS))

    def on_burst(number: int) -> None:
        if number == 1 and live.reference:
            live.reference.look_at(310)

    watch(live, on_burst)
    assert live.reference is not None
    assert live.reference.wait(30)
    bursts = [burst for burst, *_ in live.reference.trace]
    assert bursts == list(range(bursts[0], 201))
    threshold = brain.network.threshold[310]
    fired = [(kept, reached) for _, kept, fires, reached in live.reference.trace if fires]
    assert fired
    assert all(kept == 0 and reached >= threshold for kept, reached in fired)
