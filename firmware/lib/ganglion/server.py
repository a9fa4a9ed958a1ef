"""Server: commands in, answers out, and the loop that runs bursts between them (SPEC.md 7).

In:  a Port, and the brain that slots.py says is the current one.
Out: an ACK for each command, HELLO, STATE, and a FAULT for whatever went wrong.
Never: computes anything about a neuron; executes a command twice; ends without saying why.
"""

import gc
import struct
import sys

import micropython
from micropython import const

from . import guard, heap, signature, staging, wire
from .runner import Runner
from .slots import Slots

_CODE_OK = const(0)
_CODE_UNKNOWN = const(1)
_CODE_LENGTH = const(2)
_CODE_VALUE = const(3)
_CODE_STATE = const(4)
_CODE_STORAGE = const(5)
_CODE_MEMORY = const(8)
_CODE_PINNED = const(12)
_CODE_CRASH = const(32)
_TYPE_QUERY = const(1)
_TYPE_PING = const(2)
_TYPE_PUT_BEGIN = const(3)
_TYPE_PUT_DATA = const(4)
_TYPE_PUT_END = const(5)
_TYPE_CONFIGURE = const(6)
_TYPE_START = const(7)
_TYPE_STOP = const(8)
_TYPE_INJECT = const(9)
_TYPE_READ = const(10)
_TYPE_STEP = const(11)
_TYPE_UPDATE = const(12)
_TYPE_BAUD = const(13)
_TYPE_REPL = const(15)
_TYPE_ROBOT = const(16)
_TYPE_SENSE = const(17)
_TYPE_REPORT = const(18)
_TYPE_READ_LEARNT = const(19)
_TYPE_HELLO = const(128)
_TYPE_ACK = const(129)
_TYPE_STATE = const(133)
_TYPE_FAULT = const(135)
_TYPE_LEARNT = const(139)
_DOING_NO_BRAIN = const(0)
_DOING_READY = const(1)
_DOING_RUNNING = const(2)
_DOING_SAFE_MODE = const(3)
_SPEC = const(1)  # versions: of SPEC.md, of blobs, of the firmware
_BLOB = const(1)
_MAJOR = const(0)
_MINOR = const(1)
_PATCH = const(0)
_PAYLOAD = const(6)  # as in wire.py
_MOST = const(15)  # neurons that one STATE holds
_PIECE = const(112)  # bytes of what was learnt that one LEARNT holds
_REPEATABLE = (  # they change nothing
    _TYPE_QUERY, _TYPE_PING, _TYPE_READ, _TYPE_READ_LEARNT, _TYPE_REPORT,
)  # fmt: skip
# bytes that a run leaves alone, so that a fault can be told when memory is out
_RESERVE = const(2048)


class Server:
    def __init__(self, port, slots, safe=False):
        self.port = port
        self.wire = port.out.wire
        self.slots = slots
        self.run = Runner(port)
        self.baud = None
        if guard.board["bauds"]:
            from .baud import Baud

            self.baud = Baud(port)
        self.brain = None
        self.safe = safe
        self.ended = False
        self.again = False  # with a soft reset
        self.detail = 0
        self._reserve = bytearray(_RESERVE)
        self.forced = False
        self.file = ""  # of the firmware, that is being put; "" = a brain is
        self._last = -1  # sequence and type of the last command,
        self._code = _CODE_OK  # ... and what came of it

    def serve(self):
        """Until REPL. Raises wire.Gone if the other end closes the stream."""
        run = self.run
        while not self.ended:
            if self.baud:
                self.baud.watch()
            if not run.active or run.stepped:
                self._watch()
                if self.port.receive(run.patience()):
                    self._command()
                continue
            while self.port.receive(min(run.patience(), run.wait_ms())):
                self._command()
                if not run.active:
                    break
            if run.active and run.is_due():
                self.burst()  # which feeds once
            else:
                self._watch()  # waiting for the next burst is no hang

    def _command(self):
        if self.baud:
            self.baud.heard()
        self.run.hear()
        frame = self.port.into.frame
        kind = frame[1]
        sequence = frame[2] | frame[3] << 8
        this = sequence << 8 | kind
        if this != self._last or kind in _REPEATABLE:
            self._last = -1 if kind == _TYPE_QUERY else this
            self.detail = 0
            self._code = self._execute(kind, frame)
        self.port.begin(True)
        struct.pack_into("<HBBI", self.wire, _PAYLOAD, sequence, self._code, 0, self.detail)
        self.port.send(_TYPE_ACK, 8, True)
        if self.baud and self.baud.wanted:
            self.baud.change()
        if kind == _TYPE_STOP and self.run.active:
            self._stop()

    def _execute(self, kind, frame):
        if kind not in _COMMANDS:
            return _CODE_UNKNOWN
        shortest, longest, idle_only, do = _COMMANDS[kind]
        if not shortest <= len(frame) - 4 <= longest:
            return _CODE_LENGTH
        if idle_only and self.run.active:
            return _CODE_STATE
        try:
            return do(self, frame[4:])
        except OSError as error:
            self.detail = error.errno or 0
            return _CODE_STORAGE
        except MemoryError:
            return _CODE_MEMORY
        except wire.Gone:
            raise
        except Exception as error:
            self.fault(_CODE_CRASH, 0, error)
            return _CODE_CRASH

    def _nothing(self, _):
        return _CODE_OK  # PING; and STOP, whose run ends after the ACK

    def _baud(self, payload):
        rate = struct.unpack("<I", payload)[0]
        return _CODE_OK if self.baud and self.baud.ask(rate) else _CODE_VALUE

    def _repl(self, _):
        if signature.pinned() is not None:
            return _CODE_PINNED
        self.ended = True
        return _CODE_OK

    # ---- what the device says of itself

    def hello(self, _=None):
        state = _DOING_READY if self.brain else _DOING_SAFE_MODE if self.safe else _DOING_NO_BRAIN
        if self.run.active:
            state = _DOING_RUNNING
        else:
            self.run.drives = 0
            gc.collect()
        name = guard.board["name"].encode()[:96]
        self.port.begin(True)
        self.port.out.sequence = 0
        struct.pack_into(
            "<HHBBBBBBBBIHI8sB", self.wire, _PAYLOAD, _SPEC, _BLOB, _MAJOR, _MINOR, _PATCH,
            state, guard.cause, guard.fault, guard.boots, 0, gc.mem_free(),
            wire.MAX_PAYLOAD, guard.build, self.brain.id if self.brain else b"", len(name),
        )  # fmt: skip
        self._send(_TYPE_HELLO, 31, name)
        return _CODE_OK

    def fault(self, code, number, what):
        """Says what went wrong (in burst `number`, or with that detail), and keeps it for HELLO:
        an exception or a text."""
        self._reserve = None
        gc.collect()
        guard.fail(code)
        text = what if isinstance(what, str) else type(what).__name__ + ": " + str(what)
        self.port.begin(True)
        struct.pack_into("<BBHI", self.wire, _PAYLOAD, code, 0, 0, number)
        self._send(_TYPE_FAULT, 8, text.encode()[:100])

    def _send(self, kind, head, tail):
        at = _PAYLOAD + head
        self.wire[at : at + len(tail)] = tail
        self.port.send(kind, head + len(tail), True)

    # ---- a robot

    def _robot(self, payload):
        mode = payload[0]
        if mode > 2 or any(payload[1:]) or (mode and not (self.brain and self.brain.robot)):
            self.detail = 0 if mode else 1
            return _CODE_VALUE
        self.run.drives = mode
        return _CODE_OK

    def _sense(self, payload):
        from . import drive

        return drive.sense(self, payload)

    def _report(self, payload):
        from . import drive

        return drive.report(self, payload)

    # ---- a run

    def _configure(self, payload):
        code = self.run.configure(payload)
        self.detail = self.run.detail if code else 0
        return code

    def _start(self, payload):
        if self.brain is None:
            return _CODE_STATE
        self._reserve = self._reserve or bytearray(_RESERVE)
        try:
            self.run.start(self.brain, struct.unpack("<I", payload)[0])
        except OSError as error:  # of a robot's driver: storage has no part in it
            self.fault(_CODE_CRASH, 0, error)
            return _CODE_CRASH
        return _CODE_OK

    def _step(self, _):
        if not self.run.active or not self.run.stepped:
            return _CODE_STATE
        self.burst()
        return _CODE_OK

    def burst(self):
        try:
            self.run.burst()
        except wire.Gone:
            raise
        except Exception as error:
            self._fail(error)

    def _watch(self):
        """Between bursts."""
        try:
            self.run.watch()
        except Exception as error:  # of a motor that was told to stop
            self._fail(error)

    def _stop(self):
        try:
            self.run.end()
        except wire.Gone:
            raise
        except Exception as error:
            self._fail(error)

    def _fail(self, error):
        self.run.abandon()
        self.fault(_CODE_CRASH, self.brain.burst, error)

    def _inject(self, payload):
        if self.brain is None:
            return _CODE_STATE
        if (len(payload) - 4) % 6:
            return _CODE_LENGTH
        self.run.detail = 0
        code = self.run.inject(self.brain, payload)
        self.detail = self.run.detail
        return code

    def _read(self, payload):
        brain = self.brain
        if brain is None or self.run.active and not self.run.stepped:
            return _CODE_STATE
        first, count = struct.unpack("<HH", payload)
        if first >= brain.n or not 1 <= count <= min(_MOST, brain.n - first):
            self.detail = 1 if first < brain.n else 0
            return _CODE_VALUE
        state = brain.state(first, count)
        self.port.begin(True)
        struct.pack_into("<HH", self.wire, _PAYLOAD, first, count)
        self._send(_TYPE_STATE, 4, state)
        return _CODE_OK

    def _learnt(self, payload):
        brain = self.brain
        if brain is None or not brain.learned or self.run.active and not self.run.stepped:
            return _CODE_STATE
        offset = struct.unpack("<I", payload)[0]
        size = brain.net.learn.size
        if offset >= size:
            return _CODE_VALUE
        state = brain.learned.state[offset : min(size, offset + _PIECE)]
        self.port.begin(True)
        struct.pack_into("<II", self.wire, _PAYLOAD, offset, size)
        self._send(_TYPE_LEARNT, 8, state)
        return _CODE_OK


# What each command needs: its shortest and longest payload, and whether a run forbids it; and what
# does it, with a Server and the payload.
_COMMANDS = {
    _TYPE_QUERY: (0, 0, False, Server.hello),
    _TYPE_PING: (0, 128, False, Server._nothing),
    _TYPE_PUT_BEGIN: (40, 104, True, staging.begin),
    _TYPE_PUT_DATA: (5, 128, True, staging.data),
    _TYPE_PUT_END: (0, 0, True, staging.end),
    _TYPE_CONFIGURE: (24, 24, True, Server._configure),
    _TYPE_START: (4, 4, True, Server._start),
    _TYPE_STOP: (0, 0, False, Server._nothing),
    _TYPE_INJECT: (10, 124, False, Server._inject),
    _TYPE_READ: (4, 4, False, Server._read),
    _TYPE_READ_LEARNT: (4, 4, False, Server._learnt),
    _TYPE_STEP: (0, 0, False, Server._step),
    _TYPE_UPDATE: (1, 1, True, staging.install),
    _TYPE_BAUD: (4, 4, True, Server._baud),
    _TYPE_REPL: (0, 0, True, Server._repl),
    _TYPE_ROBOT: (4, 4, True, Server._robot),
    _TYPE_SENSE: (8, 128, False, Server._sense),
    _TYPE_REPORT: (4, 4, False, Server._report),
}


def make():
    """The application at rest: all that it needs, so that a brain is not given too much."""
    port = wire.Port(sys.stdin.buffer, sys.stdout.buffer, guard.board["rate"])
    server = Server(port, Slots(), guard.safe)
    port.pause = server.run.watch
    return server


def start(rescue=False, server=None, loaded=None):
    """Starts it, with what load/trial.py found: called by main.py. In safe mode it only says HELLO;
    start(True) from the REPL serves all the same, without a brain."""
    server = server or make()
    if guard.safe and not rescue:
        server.hello()
        return
    guard.watch()
    if loaded:
        server.brain, faults, server.again = loaded
        for fault in faults:
            server.fault(*fault)
    if guard.trial:
        from . import update

        if server.safe or not update.is_right(server.brain):
            guard.restart()
    if not server.again:
        listen(server)
    heap.release()
    guard.relax()
    if server.again:
        raise SystemExit  # a soft reset, and so a heap that nothing has lain in yet


def listen(server):
    """Serves with Ctrl-C as a byte like any other, and gives it back its meaning at the end."""
    micropython.kbd_intr(-1)
    try:
        server.hello()
        guard.confirm()
        if guard.trial:
            keep_firmware()
        server.serve()
    except wire.Gone:
        pass
    except Exception as error:
        server.fault(_CODE_CRASH, 0, error)
        raise
    finally:
        server.run.abandon()  # motors come to rest
        if server.baud:
            server.baud.end()
        if micropython:
            micropython.kbd_intr(3)


def keep_firmware():
    """The end of a trial: it got as far as HELLO, with its brain."""
    from . import update

    try:
        update.confirm()
    except OSError:
        guard.restart()
    guard.tried()
    heap.forget("update")
