"""Serve: commands in, answers out, and the loop that runs bursts between them (SPEC.md 7).

In:  a Port, and the brain that slots.py says is the current one.
Out: an ACK for each command, HELLO, STATE, and a FAULT for whatever went wrong.
Never: computes anything about a neuron; executes a command twice; ends without saying why.
"""

import gc
import struct
import sys

import guard
import heap
import signature
import wire
from run import Run
from slots import Slots
from wire import PAYLOAD

try:
    import micropython
except ImportError:
    micropython = None

SPEC = 1
BLOB = 1
FIRMWARE = (0, 1, 0)
QUERY, PING, PUT_BEGIN, PUT_DATA, PUT_END, CONFIGURE, START, STOP = range(1, 9)
INJECT, READ, STEP, UPDATE, BAUD, REPL = 9, 10, 11, 12, 13, 15
HELLO, ACK, STATE, FAULT = 0x80, 0x81, 0x85, 0x87
OK, UNKNOWN, LENGTH, VALUE, NOT_NOW, STORAGE, HASH, OFFSET, MEMORY = range(9)
ROOM, PINNED, CRASH = 11, 12, 32
NO_BRAIN, READY, RUNNING, SAFE = range(4)
MOST = 15  # neurons that one STATE holds
PAUSE = 500  # ms, the longest wait without a look at the watchdog
RESERVE = 2048  # bytes that a run leaves alone, so that a fault can be told when memory is out


class Server:
    def __init__(self, port, slots, safe=False):
        self.port = port
        self.wire = port.out.wire
        self.slots = slots
        self.run = Run(port)
        self.baud = None
        if guard.board["bauds"]:
            from baud import Baud

            self.baud = Baud(port)
        self.brain = None
        self.safe = safe
        self.ended = False
        self.again = False  # with a soft reset
        self.detail = 0
        self._reserve = bytearray(RESERVE)
        self._forced = False
        self._file = ""  # of the firmware, that is being put; "" = a brain is
        self._last = -1  # sequence and type of the last command,
        self._code = OK  # ... and what came of it
        # What each command needs: its shortest and longest payload, and whether a run forbids it.
        self._commands = {
            QUERY: (0, 0, False, self.hello),
            PING: (0, 128, False, self._nothing),
            PUT_BEGIN: (40, 72, True, self._put_begin),
            PUT_DATA: (5, 128, True, self._put_data),
            PUT_END: (0, 0, True, self._put_end),
            CONFIGURE: (24, 24, True, self._configure),
            START: (4, 4, True, self._start),
            STOP: (0, 0, False, self._nothing),
            INJECT: (10, 124, False, self._inject),
            READ: (4, 4, False, self._read),
            STEP: (0, 0, False, self._step),
            UPDATE: (1, 1, True, self._update),
            BAUD: (4, 4, True, self._baud),
            REPL: (0, 0, True, self._repl),
        }

    def serve(self):
        """Until REPL. Raises wire.Gone if the other end closes the stream."""
        run = self.run
        while not self.ended:
            if self.baud:
                self.baud.watch()
            if not run.active or run.stepped:
                guard.feed()
                if self.port.receive(PAUSE):
                    self._command()
                continue
            while self.port.receive(min(PAUSE, run.wait_ms())):
                self._command()
                if not run.active:
                    break
            if run.active and run.is_due():
                self._burst()  # which feeds once
            else:
                guard.feed()  # waiting for the next burst is no hang

    def _command(self):
        if self.baud:
            self.baud.heard()
        frame = self.port.into.frame
        kind = frame[1]
        sequence = frame[2] | frame[3] << 8
        this = sequence << 8 | kind
        if this != self._last or kind in (QUERY, PING, READ):
            self._last = -1 if kind == QUERY else this
            self.detail = 0
            self._code = self._execute(kind, frame)
        self.port.begin(True)
        struct.pack_into("<HBBI", self.wire, PAYLOAD, sequence, self._code, 0, self.detail)
        self.port.send(ACK, 8, True)
        if self.baud and self.baud.wanted:
            self.baud.change()
        if kind == STOP and self.run.active:
            self.run.end()

    def _execute(self, kind, frame):
        if kind not in self._commands:
            return UNKNOWN
        shortest, longest, idle_only, do = self._commands[kind]
        if not shortest <= len(frame) - 4 <= longest:
            return LENGTH
        if idle_only and self.run.active:
            return NOT_NOW
        try:
            return do(frame[4:])
        except OSError as error:
            self.detail = error.errno or 0
            return STORAGE
        except MemoryError:
            return MEMORY
        except wire.Gone:
            raise
        except Exception as error:
            self.fault(CRASH, 0, error)
            return CRASH

    def _nothing(self, _):
        return OK  # PING; and STOP, whose run ends after the ACK

    def _baud(self, payload):
        rate = struct.unpack("<I", payload)[0]
        return OK if self.baud and self.baud.ask(rate) else VALUE

    def _repl(self, _):
        if signature.pinned() is not None:
            return PINNED
        self.ended = True
        return OK

    # ---- what the device says of itself

    def hello(self, _=None):
        state = READY if self.brain else SAFE if self.safe else NO_BRAIN
        if self.run.active:
            state = RUNNING
        else:
            gc.collect()
        name = guard.board["name"].encode()[:96]
        self.port.begin(True)
        self.port.out.sequence = 0
        struct.pack_into(
            "<HHBBBBBBBBIHI8sB", self.wire, PAYLOAD, SPEC, BLOB, FIRMWARE[0], FIRMWARE[1],
            FIRMWARE[2], state, guard.cause, guard.fault, guard.boots, 0, gc.mem_free(),
            wire.MAX_PAYLOAD, guard.build, self.brain.id if self.brain else b"", len(name),
        )  # fmt: skip
        self._send(HELLO, 31, name)
        return OK

    def fault(self, code, number, what):
        """Says what went wrong (in burst `number`, or with that detail), and keeps it for HELLO:
        an exception or a text."""
        self._reserve = None
        gc.collect()
        guard.fail(code)
        text = what if isinstance(what, str) else type(what).__name__ + ": " + str(what)
        self.port.begin(True)
        struct.pack_into("<BBHI", self.wire, PAYLOAD, code, 0, 0, number)
        self._send(FAULT, 8, text.encode()[:100])

    def _send(self, kind, head, tail):
        at = PAYLOAD + head
        self.wire[at : at + len(tail)] = tail
        self.port.send(kind, head + len(tail), True)

    # ---- brains

    def _put_begin(self, payload):
        size, sha, flags = struct.unpack_from("<I32sI", payload)
        if size == 0 or flags > 1:
            self.detail = 2 if size else 0
            return VALUE
        self._forced = flags == 1
        name = bytes(payload[40:])
        if name and signature.pinned() is not None:
            return PINNED
        self._file = ""
        if name:
            import update  # here: it is seldom needed, and a brain can use the memory

            self._file = update.place(name)
            if not self._file:
                self.detail = 4
                return VALUE
        if self.slots.begin(size, sha):
            return OK
        self.detail = self.slots.free
        return ROOM

    def _put_data(self, payload):
        if self.slots.write(struct.unpack_from("<I", payload)[0], payload[4:]):
            return OK
        self.detail = self.slots.staged
        return OFFSET

    def _put_end(self, _):
        slots = self.slots
        if slots.size == 0 or slots.staged < slots.size:
            self.detail = slots.staged
            return OFFSET
        if not slots.finish():
            return HASH
        guard.feed()
        if self._file:
            slots.keep(self._file)
            return OK
        slots.switch(self._forced)
        self.ended = self.again = True
        return OK

    def _update(self, payload):
        what = payload[0]
        if what > 1:
            return VALUE
        if signature.pinned() is not None:
            return PINNED
        import update

        if what == 0:
            update.begin()
            return OK
        update.commit()
        self.ended = self.again = True
        return OK

    # ---- a run

    def _configure(self, payload):
        code = self.run.configure(payload)
        self.detail = self.run.detail if code else 0
        return code

    def _start(self, payload):
        if self.brain is None:
            return NOT_NOW
        self._reserve = self._reserve or bytearray(RESERVE)
        self.run.start(self.brain, struct.unpack("<I", payload)[0])
        return OK

    def _step(self, _):
        if not self.run.active or not self.run.stepped:
            return NOT_NOW
        self._burst()
        return OK

    def _burst(self):
        """A burst; what it throws is a FAULT and the end of the run, not of the application."""
        try:
            self.run.burst()
        except wire.Gone:
            raise
        except Exception as error:
            self.run.abandon()
            self.fault(CRASH, self.brain.burst, error)

    def _inject(self, payload):
        if self.brain is None:
            return NOT_NOW
        if (len(payload) - 4) % 6:
            return LENGTH
        self.run.detail = 0
        code = self.run.inject(self.brain, payload)
        self.detail = self.run.detail
        return code

    def _read(self, payload):
        brain = self.brain
        if brain is None or self.run.active and not self.run.stepped:
            return NOT_NOW
        first, count = struct.unpack("<HH", payload)
        if first >= brain.n or not 1 <= count <= min(MOST, brain.n - first):
            self.detail = 1 if first < brain.n else 0
            return VALUE
        state = brain.state(first, count)
        self.port.begin(True)
        struct.pack_into("<HH", self.wire, PAYLOAD, first, count)
        self._send(STATE, 4, state)
        return OK


def make():
    """The application at rest: all that it needs, so that a brain is not given too much."""
    port = wire.Port(sys.stdin.buffer, sys.stdout.buffer, guard.board["rate"])
    port.pause = guard.feed
    return Server(port, Slots(), guard.safe)


def start(rescue=False, server=None, loaded=None):
    """Starts it, with what load.py found: called by main.py. In safe mode it only says HELLO;
    start(True) from the REPL serves all the same, without a brain."""
    server = server or make()
    if guard.safe and not rescue:
        server.hello()
        return
    guard.watch()
    if loaded:
        server.brain, server.again = loaded.brain, loaded.again
        for fault in loaded.faults:
            server.fault(*fault)
    if not server.again:
        listen(server)
    heap.release()
    guard.relax()
    if server.again:
        raise SystemExit  # a soft reset, and so a heap that nothing has lain in yet


def listen(server):
    """Serves with Ctrl-C as a byte like any other, and gives it back its meaning at the end."""
    if micropython:
        micropython.kbd_intr(-1)
    try:
        server.hello()
        guard.confirm()
        server.serve()
    except wire.Gone:
        pass
    except Exception as error:
        server.fault(CRASH, 0, error)
        raise
    finally:
        if server.baud:
            server.baud.end()
        if micropython:
            micropython.kbd_intr(3)
