"""Server: the page and its stream, in a thread beside the monitor.

In:  the State of a monitor, and where to bind.
Out: the page at http://HOST:PORT/, and a WebSocket that feeds it; the address, printed.
Never: holds the monitor up: a page that is too slow gets fewer figures, not late ones.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources

import rich_click as click

from ...errors import ToolError, UsageError
from ..state import MonitorState

try:
    from aiohttp import WSMsgType, web
except ModuleNotFoundError as error:
    raise ToolError(
        f"the page needs {error.name}, which is not installed", "`pip install 'ganglion[web]'`"
    ) from None

from .guard import Guard, reachable, split
from .messages import Reader, brain, carry_out

_TICK = 0.05  # seconds between two messages to a page
_SEND = 10.0  # seconds after which a page that takes nothing is let go
_RECORDING = "application/octet-stream"
_LONGEST = 65_536  # bytes of a request
_TYPES = {
    "html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml",
}  # fmt: skip


def assets() -> dict[str, tuple[bytes, str]]:
    """Every file of the page: name to bytes and type."""
    found = {}
    for file in resources.files("ganglion.monitor.web").joinpath("assets").iterdir():
        kind = _TYPES.get(file.name.rpartition(".")[2])
        if kind:
            found[file.name] = file.read_bytes(), kind
    return found


def application(state: MonitorState, guard: Guard) -> web.Application:
    """The whole server, without a port."""
    files = assets()
    app = web.Application(middlewares=[guard.middleware()], client_max_size=_LONGEST)

    async def page(request: web.Request) -> web.Response:
        name = request.match_info.get("name") or "index.html"
        if name not in files:
            raise web.HTTPNotFound(text="there is no such file\n")
        data, kind = files[name]
        return web.Response(body=data, content_type=kind, charset="utf-8")

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=_LONGEST, compress=False)
        await socket.prepare(request)
        sender = asyncio.create_task(_feed(socket, state))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    carry_out(state, message.data)
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        return socket

    async def recording(request: web.Request) -> web.StreamResponse:
        """What has been recorded so far: whole entries, so that it can be read as it is."""
        path = state.recorded
        if path is None or not path.is_file():
            raise web.HTTPNotFound(text="nothing has been recorded\n")
        return web.FileResponse(
            path, headers={"Content-Disposition": "attachment", "Content-Type": _RECORDING}
        )

    app.router.add_get("/", page)
    app.router.add_get("/recording", recording)
    app.router.add_get("/stream", stream)
    app.router.add_get("/{name}", page)
    return app


async def _feed(socket: web.WebSocketResponse, state: MonitorState) -> None:
    reader = Reader(state)
    await socket.send_json(brain(state))
    while not socket.closed:
        spikes = reader.spikes()
        async with asyncio.timeout(_SEND):
            if spikes:
                await socket.send_bytes(spikes)
            await socket.send_json(reader.tick())
        await asyncio.sleep(_TICK)


@contextmanager
def serve(state: MonitorState, bind: str) -> Iterator[str]:
    """The server, for as long as the context lasts. Gives the page's address."""
    host, port = split(bind)
    guard = Guard(host)
    thread = _Thread(application(state, guard), host, port)
    thread.start()
    thread.ready.wait()
    if thread.failure is not None:
        thread.join()
        raise UsageError(
            f"{bind} cannot be served at ({thread.failure})", "choose another with --bind HOST:PORT"
        )
    host = reachable(host)
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{thread.port}/" + (f"?token={guard.token}" if guard.token else "")
    click.echo(f"the page is at {url}")
    try:
        yield url
    finally:
        thread.stop()
        thread.join()


class _Thread(threading.Thread):
    """An event loop of its own."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        super().__init__(name="page", daemon=True)
        self.ready = threading.Event()
        self.failure: str | None = None
        self.port = port
        self._app, self._host = app, host
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)

    def run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self.ready.set()

    async def _serve(self) -> None:
        runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self.port)
            try:
                await site.start()
            except (OSError, UnicodeError) as error:
                self.failure = getattr(error, "strerror", None) or str(error)
                return
            for sock in runner.addresses:
                self.port = sock[1]
            self.ready.set()
            await self._stopping.wait()
        finally:
            await runner.cleanup()
