"""Summary: what a recording holds, run by run, and how each ended.

In:  a Recording.
Out: a dictionary with stable keys, and lines for people.
Never: leaves out a loss, a notice or a mark.
"""

from contextlib import suppress

from ..blob.container import brain_id
from ..errors import StimulusError
from ..link.messages import Done, Fault
from .file import Recording
from .runs import CUT_OFF, Remark, Run, runs, stimulus_of


def summary(recording: Recording) -> dict[str, object]:
    """JSON-ready."""
    found = runs(recording)
    return {
        "file": recording.path.name,
        "bytes": recording.path.stat().st_size,
        "brain_id": brain_id(recording.blob).hex() if recording.blob else None,
        "meta": recording.meta,
        "torn_bytes": recording.torn,
        "damage": [{"at": damage.at, "bytes": damage.bytes} for damage in recording.damage],
        "closed": recording.end,
        "runs": [_run(run) for run in found],
    }


def _run(run: Run) -> dict[str, object]:
    incomplete = int((~run.complete).sum())
    stimulus = run.configuration.stimulus
    return {
        "began_s": run.began / 1e9,
        "bursts": len(run.number),
        "first": int(run.number[0]) if len(run.number) else None,
        "last": run.last,
        "spikes": len(run.spike_burst),
        "period_us": run.configuration.period_us,
        "stimulus_seed": stimulus.seed if stimulus else None,
        "injected": len(run.injected),
        "missing_bursts": run.missing,
        "incomplete_bursts": incomplete,
        "asked": run.asked or None,
        "damage": [{"at": damage.at, "bytes": damage.bytes} for damage in run.damage],
        "inputs_known": run.configuration.known and not run.inputs_lost,
        "lost_frames": run.lost,
        "damaged_strings": run.damaged,
        "whole": run.whole,
        "end": ended(run),
        "said": [
            {"at_s": time / 1e9, "kind": said.kind, "text": said.text} for time, said in _told(run)
        ],
    }


def _told(run: Run) -> list[tuple[int, Remark]]:
    return [(time, said) for time, said in run.said if said.kind != "text"]


def ended(run: Run) -> str:
    """How a run ended, in words."""
    if isinstance(run.end, Done):
        return f"done after burst {run.end.burst:,}"
    if isinstance(run.end, Fault):
        return f"the device failed: {run.end}"
    return run.end


def lines(recording: Recording) -> list[str]:
    """For people."""
    found = runs(recording)
    told = {key: _said(key, value) for key, value in recording.meta.items() if key != "version"}
    # Of a text of several lines, as a robot file is one, only that it is there.
    meta = ", ".join(
        f"{key} {text if chr(10) not in text else '(a text)'}" for key, text in told.items()
    )
    brain = brain_id(recording.blob).hex() if recording.blob else "not known"
    result = [f"{recording.path.name}: {meta}", f"brain {brain}, {len(recording.blob):,} bytes"]
    result += [fault.removeprefix("it is ").removeprefix("it was ") for fault in recording.faults]
    if recording.end is not None:
        result.append(f"ended: {recording.end}")
    for i, run in enumerate(found, 1):
        result.append(
            f"run {i}: {len(run.number):,} bursts, {len(run.spike_burst):,} spikes, from "
            f"{run.began / 1e9:.1f} s; {ended(run)}; {missing_of(run) or 'whole'}"
        )
        result += [f"  {time / 1e9:.1f} s  {s.kind}: {s.text}" for time, s in _told(run)]
    return result


def _said(key: str, value: object) -> str:
    """A value of a recording's header as its user would have written it."""
    if key == "stimulus" and not isinstance(value, str):
        with suppress(StimulusError):
            return str(stimulus_of(value) or "none")
    return str(value)


def missing_of(run: Run) -> str:
    """What of a run is not there, in words; nothing if all is."""
    first = int(run.number[0]) if len(run.number) else 0
    incomplete = int((~run.complete).sum())
    parts = [
        f"it begins with burst {first}" if first > 1 and run.configuration.every_burst else "",
        f"{run.missing:,} bursts did not come" if run.missing else "",
        f"of {incomplete:,} bursts some neurons did not come" if incomplete else "",
        f"{run.lost:,} frames are missing" if run.lost and run.damage
        else f"{run.lost:,} frames were lost on the wire" if run.lost else "",
        *(f"the recording is {damage}" for damage in run.damage),
        f"it ends after burst {run.last:,} of {run.asked:,}" if run.last < run.asked else "",
        f"{run.end}" if run.end == CUT_OFF else "",
    ]  # fmt: skip
    return ", ".join(part for part in parts if part)
