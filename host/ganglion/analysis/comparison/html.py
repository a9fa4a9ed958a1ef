"""HTML report: a comparison as one file that needs no other and no network.

In:  a Compared.
Out: an HTML page: the verdict, the figures, rates by area, rasters, the first divergence.
Never: refers to anything outside itself; shows a figure without what it means.
"""

import base64
import html
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ... import __version__
from ...export.plots.rasters import raster
from ...files import write_bytes
from .compare import Compared, Comparison
from .similarity import Pattern

_STYLE = """
:root { color-scheme: light dark; --fg: #1a1a1a; --bg: #fff; --soft: #666; --line: #ccc;
  --good: #00684a; --bad: #b3420a; --card: #f5f5f5 }
@media (prefers-color-scheme: dark) { :root { --fg: #e6e6e6; --bg: #16181b; --soft: #a0a4a8;
  --line: #3a3e44; --good: #3fbf8f; --bad: #ff8a5c; --card: #1f2226 } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg);
  max-width: 66rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
.verdict { font-size: 1.2rem; font-weight: 600 }
.good { color: var(--good) } .bad { color: var(--bad) }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--line); text-align: left }
td.n, th.n { text-align: right }
img { width: 100%; background: #fff; border-radius: 4px }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem }
.pair ol { background: var(--card); padding: .8rem 1rem .8rem 2.2rem; border-radius: 4px }
.soft { color: var(--soft); font-size: .9rem }
"""


def write(compared: Compared, path: Path, command: str = "") -> None:
    """The report as a file, whole or not at all. `command`: what made it, to be repeated."""
    write_bytes(path, page(compared, command).encode())


def page(compared: Compared, command: str = "") -> str:
    """The report as text."""
    r = compared.result
    title = html.escape(f"{r.a} against {r.b}")
    parts = [
        f"<h1>{title}</h1>",
        _verdict(r),
        "<h2>Figures</h2>",
        _figures(r),
        _divergence(r),
        "<h2>Firing by area</h2>",
        _areas(compared),
        "<h2>Rasters</h2>",
        f"<p>A: {html.escape(r.a)}</p>{_picture(compared, compared.a, 'A')}",
        f"<p>B: {html.escape(r.b)}</p>{_picture(compared, compared.b, 'B')}",
        "" if r.identical else "<p>Spikes that only one of the two has</p>"
        + _picture(compared, _difference(compared), "difference"),
        "<h2>How it was made</h2>",
        _origin(r, command),
    ]  # fmt: skip
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _verdict(r: Comparison) -> str:
    if r.identical:
        verdict = f'<p class="verdict good">Identical in all {r.bursts:,} bursts.</p>'
    else:
        verdict = (
            f'<p class="verdict bad">F1 {r.similarity:.4f}; '
            f"{r.identical_bursts:.2%} of the bursts are identical.</p>"
        )
    return verdict + "".join(f"<p>{html.escape(remark)}.</p>" for remark in r.remarks)


def figures(r: Comparison) -> list[tuple[str, str, str]]:
    """Name, value and meaning of every figure."""
    rows = [
        ("F1", f"{r.similarity:.6f}", "agreement over (neuron, burst)"),
        ("F1, ±1 burst", f"{r.similarity_tolerant:.6f}", "a spike may come one burst off"),
        ("identical bursts", f"{r.identical_bursts:.2%}", "exactly the same neurons fired"),
        ("bursts", f"{r.bursts:,}", _left_out(r)),
        ("neurons", f"{r.neurons:,}", f"only in A {r.only_in_a:,}, only in B {r.only_in_b:,}"),
        ("spikes", f"{r.spikes_a:,} / {r.spikes_b:,}", "A / B"),
    ]
    d = r.distances
    if d is None:
        return [*rows, ("distances", "–", r.why_no_distances)]
    over = f"{d.computed:,} of {d.differing:,} differing neurons"
    return [
        *rows,
        (
            "van Rossum", f"{d.van_rossum_mean:.3f} (max {d.van_rossum_max:.3f})",
            f"τ = {d.time_scale:g} bursts; {over}",
        ),
        (
            "Victor–Purpura", f"{d.victor_purpura_mean:.3f} (max {d.victor_purpura_max:.3f})",
            f"q = 1/{d.time_scale:g} bursts; {over}",
        ),
    ]  # fmt: skip


def _left_out(r: Comparison) -> str:
    if not r.bursts_left_out:
        return "all of them"
    return f"{r.bursts_left_out:,} more were not seen by both"


def _figures(r: Comparison) -> str:
    rows = "".join(
        f'<tr><th>{html.escape(name)}</th><td class="n">{html.escape(value)}</td>'
        f'<td class="soft">{html.escape(meaning)}</td></tr>'
        for name, value, meaning in figures(r)
    )
    return f'<div class="wide"><table>{rows}</table></div>'


def _origin(r: Comparison, command: str) -> str:
    """All that a citation needs, and whoever wants to make it again."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = [
        ("A", f"{r.a}: {r.made_a}"),
        ("B", f"{r.b}: {r.made_b}"),
        ("connectomes", f"{r.connectome_a} / {r.connectome_b}"),
        ("stimulus", r.stimulus or "each recording its own, as said above"),
        ("bursts", f"{r.bursts:,}"),
        ("versions", f"Ganglion {__version__}, Python {platform.python_version()}, "
                     f"numpy {np.__version__}, {platform.system()} {platform.machine()}"),
        ("date", now),
        ("command", command or "not known: made by a call of ganglion.compare"),
    ]  # fmt: skip
    told = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f'<div class="wide"><table>{told}</table></div>'


def _areas(compared: Compared) -> str:
    names = {area.id: area.name for area in compared.network.areas}

    head = "<tr><th>area</th>" + "".join(
        f'<th class="n">{name}</th>'
        for name in ("neurons", "A (% per burst)", "B (% per burst)", "error of B")
    )
    rows = "".join(
        f"<tr><td>{html.escape(f'{names.get(area.area) or area.area} ({area.area})')}</td>"
        f'<td class="n">{area.neurons:,}</td>'
        f'<td class="n">{area.a:.3f}</td><td class="n">{area.b:.3f}</td>'
        f'<td class="n">{area.error:+.2%}</td></tr>'
        for area in compared.result.areas
    )
    return f'<div class="wide"><table>{head}</tr>{rows}</table></div>'


def _divergence(r: Comparison) -> str:
    p = r.first_divergence
    if p is None:
        return ""
    sides = "".join(
        f"<div><p>{name}: {html.escape(label)}</p><ol>"
        + ("".join(f"<li>{html.escape(step)}</li>" for step in steps) or "<li>not known</li>")
        + "</ol></div>"
        for name, label, steps in (("A", r.a, p.a), ("B", r.b, p.b))
    )
    others = f", and {p.neurons - 1} more neurons" if p.neurons > 1 else ""
    return (
        f"<h2>Where they part</h2><p>Burst {p.burst:,}: area {html.escape(p.area)}, voxel "
        f"{p.voxel}, fires in {p.fired_in} only{others}. Step by step, that neuron:</p>"
        f'<div class="pair">{sides}</div>'
    )


def _difference(compared: Compared) -> Pattern:
    n = compared.network.n_neurons
    odd = np.setxor1d(compared.a.key(n), compared.b.key(n), assume_unique=True)
    return Pattern(odd // n, odd % n)


def _picture(compared: Compared, pattern: Pattern, name: str) -> str:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "raster.png"
        raster(path, pattern.burst, pattern.neuron, compared.network, last=compared.last)
        data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="raster of {name}" src="data:image/png;base64,{data}">'
