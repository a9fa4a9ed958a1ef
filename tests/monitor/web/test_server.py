"""The page's server: who may see it, what it tells, and that no page can harm it."""

import asyncio
import json
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganglion.errors import UsageError
from ganglion.monitor.replayed import Replayed
from ganglion.monitor.state import MonitorState
from ganglion.recording.file import Kind, Recorder, Recording
from ganglion.recording.replay import open_run
from tests.support.recordings import BURSTS, Recorded

aiohttp = pytest.importorskip("aiohttp", reason="`pip install 'ganglion[web]'` brings it")

from ganglion.monitor.web import messages  # noqa: E402
from ganglion.monitor.web.guard import is_loopback, reachable, split  # noqa: E402
from ganglion.monitor.web.server import assets, serve  # noqa: E402


@pytest.fixture(scope="module")
def state(recorded: Recorded) -> MonitorState:
    """A monitor that has seen a whole run."""
    _, network, run = open_run(recorded.path, 1)
    source = Replayed("two runs.gbr", network, run, speed=1e9)
    state = MonitorState(network, source)
    for event in source.events():
        state.see(event)
    return state


@pytest.fixture(scope="module")
def url(state: MonitorState) -> Iterator[str]:
    with serve(state, "127.0.0.1:0") as address:
        yield address


def get(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(
        url, headers={k.replace("_", "-"): headers[k] for k in headers}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), dict(error.headers)


def listen(url: str, say: list[str], count: int, **headers: str) -> list[str | bytes]:
    """Connects to the stream, says something, and gives the first `count` messages."""

    async def run() -> list[str | bytes]:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url.replace("http", "ws") + "stream", headers=headers) as socket,
        ):
            for text in say:
                await socket.send_str(text)
            return [(await socket.receive()).data for _ in range(count)]

    return asyncio.run(run())


def test_every_file_of_the_page_is_served_and_refers_to_nothing_outside(url: str):
    for name, (data, kind) in assets().items():
        status, body, headers = get(url + name)
        assert (status, body) == (200, data)
        assert headers["Content-Type"].startswith(kind)
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        text = data.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text.replace('"https:"', "")  # the page's own scheme
    assert get(url)[1] == assets()["index.html"][0]
    assert get(url + "../guard.py")[0] in (400, 404)
    assert get(url + "none.js")[0] == 404


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Origin": "http://evil.example"}, "a page of http://evil.example may not use this one"),
        ({"Origin": "null"}, "a page of null may not use this one"),
        ({"Host": "evil.example"}, "this page is not served as evil.example"),
        ({"Sec_Fetch_Site": "cross-site"}, "another page may not use this one"),
    ],
)
def test_other_origins_and_foreign_names_are_refused(url: str, headers: dict[str, str], said: str):
    for path in ("main.js", "stream"):
        status, body, _ = get(url + path, **headers)
        assert (status, body.decode()) == (403, said + "\n")


def test_a_stream_for_a_foreign_page_is_refused(url: str):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        listen(url, [], 1, Origin="http://evil.example")
    assert caught.value.status == 403
    own = url.rstrip("/")
    assert json.loads(listen(url, [], 1, Origin=own)[0])["type"] == "brain"


def test_bound_to_anything_but_loopback_it_needs_the_token(state: MonitorState):
    with serve(state, "0.0.0.0:0") as address:
        base, _, token = address.partition("?token=")
        port = base.rstrip("/").rpartition(":")[2]
        # What is printed is no wildcard, which no other computer could open.
        assert base == f"http://{reachable('0.0.0.0')}:{port}/"
        assert "0.0.0.0" not in base
        base = f"http://127.0.0.1:{port}/"
        assert len(token) >= 32
        for path in ("", "main.js", "stream", "?token=wrong", "main.js?token="):
            status, body, _ = get(base + path)
            assert status == 403
            assert b"open the address that ganglion printed" in body
        assert get(base + "main.js", Cookie=f"ganglion-token={token}")[0] == 200
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with opener.open(f"{base}?token={token}") as answer:
            assert answer.url == base  # the token does not stay in the address
        with opener.open(base + "main.js") as answer:
            assert answer.status == 200


def test_on_loopback_no_token_is_asked_for(url: str):
    assert "token" not in url
    assert get(url)[0] == 200


def test_the_stream_tells_the_brain_the_spikes_and_the_figures(url: str, state: MonitorState):
    brain, spikes, tick = listen(url, [], 3)
    told = json.loads(brain)
    assert [area["name"] for area in told["areas"]] == ["in", "out", "slow"]
    assert [area["count"] for area in told["areas"]] == [100, 200, 100]
    assert all(area["input"] for area in told["areas"])
    assert isinstance(spikes, bytes)
    run, count = struct.unpack_from("<II", spikes)
    assert (run, count) == (1, BURSTS)
    at = 8
    for seen in state.recent:
        number, size, zero = struct.unpack_from("<IHH", spikes, at)
        neurons = np.frombuffer(spikes, "<u2", size, at + 8)
        assert (number, zero, neurons.tolist()) == (seen.number, 0, seen.neurons.tolist())
        at += 8 + 2 * size
    assert at == len(spikes)
    figures = json.loads(tick)
    assert (figures["last"], figures["running"]) == (BURSTS, False)
    assert figures["verdict"] == {
        "state": "identical", "compared": BURSTS, "text": "identical 300",
    }  # fmt: skip


def test_requests_of_a_page_are_carried_out(url: str, state: MonitorState):
    said = len(state.said)
    listen(url, [json.dumps({"do": "mark", "text": "here"}), '{"do": "select", "area": 2}'], 8)
    assert [one.text for one in list(state.said)[said:]] == ["here"]
    assert state.selected == 2


@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(json.dumps),
        st.fixed_dictionaries(
            {"do": st.sampled_from(["inject", "select", "follow", "mark"])},
            optional={
                key: st.none() | st.integers() | st.lists(st.integers()) | st.text() | st.floats()
                for key in ("neurons", "area", "neuron", "text", "voxel", "amount")
            },
        ).map(json.dumps),
    )
)
def test_whatever_a_page_sends_nothing_raises(state: MonitorState, text: str):
    messages.carry_out(state, text)
    assert 0 <= state.selected < 3
    assert state.neuron is None or 0 <= state.neuron < 400
    state.follow(None)


def test_a_recording_can_be_had_from_the_page_while_it_grows(
    state: MonitorState, url: str, recorded: Recorded, tmp_path: Path
):
    assert get(url + "recording")[:2] == (404, b"nothing has been recorded\n")
    with Recorder(tmp_path / "a.gbr", b"") as recorder:
        state.recorded = recorder.path
        recorder.mark("first")
        status, body, headers = get(url + "recording")
        assert status == 200
        assert headers["Content-Disposition"] == "attachment"
        (tmp_path / "copy.gbr").write_bytes(body)
        recorder.mark("second")
    marks = [e.data for e in Recording(tmp_path / "copy.gbr").entries() if e.kind is Kind.MARK]
    assert marks == [b"first"]
    state.recorded = None


def test_a_page_that_comes_late_or_reads_slowly_is_told_what_it_missed(state: MonitorState):
    reader = messages.Reader(state)
    assert len(reader.spikes()) > 1000
    assert reader.spikes() == b""
    assert reader.skipped == 0
    assert reader.tick()["skipped"] == 0


def test_a_port_that_is_taken_is_one_sentence(url: str, state: MonitorState):
    bind = url.removeprefix("http://").rstrip("/")
    with pytest.raises(UsageError) as caught, serve(state, bind):
        pass
    assert f"{bind} cannot be served at (" in str(caught.value)
    assert str(caught.value).endswith("choose another with --bind HOST:PORT")


@pytest.mark.parametrize("bind", ["nothing", "127.0.0.1", ":80", "127.0.0.1:99999", "a:b"])
def test_an_address_that_is_none_is_refused(bind: str):
    with pytest.raises(UsageError, match=r"is no address to serve at; write HOST:PORT"):
        split(bind)


def test_what_counts_as_this_machine_only():
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org", ""))


def test_the_assets_are_part_of_the_package():
    names = set(assets())
    assert {"index.html", "main.js", "past.js", "raster.js", "plots.js", "space.js"} <= names
    page = Path(assets.__code__.co_filename).parent / "assets" / "index.html"
    assert page.is_file()
