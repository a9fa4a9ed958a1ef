"""first_words.py and handshake.py: what a board says that does not greet us, and how soon.

Each is a port that prints what such a board prints; MicroPython is the real one.
"""

import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ganglion.device.open import open_device
from ganglion.device.virtual import VirtualDevice
from ganglion.errors import DeviceError
from ganglion.link import handshake
from ganglion.link.first_words import FLASH, meaning, something
from ganglion.link.handshake import NoFirmware
from tools.faults import alter

ROM = "ets Jul 29 2019 12:21:46\r\n\r\nrst:0x{:x} ({}),boot:0x{:x} ({})\r\n"
BROWN = ROM.format(0xF, "RTCWDT_BROWN_OUT_RESET", 0x13, "SPI_FAST_FLASH_BOOT") + (
    "configsip: 0, SPIWP:0xee\r\nentry 0x400805cc\r\n\r\nBrownout detector was triggered\r\n\r\n"
)
WAITS = ROM.format(1, "POWERON_RESET", 3, "DOWNLOAD_BOOT(UART0/UART1/SDIO)") + (
    "waiting for download\r\n"
)
CORRUPT = (
    "The filesystem appears to be corrupted. If you had important data there, you\r\n"
    "may want to make a flash snapshot to try to recover it.\r\n"
)
SMALLER = ROM.format(1, "POWERON_RESET", 0x13, "SPI_FAST_FLASH_BOOT") + (
    "E (45) spi_flash: Detected size(4096k) smaller than the size in the binary image "
    "header(8192k). Probe failed.\r\n"
)
EMPTY = ROM.format(7, "TG0WDT_SYS_RESET", 0x13, "SPI_FAST_FLASH_BOOT") + (
    "invalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\n"
)
CRASH = ROM.format(0xC, "SW_CPU_RESET", 0x13, "SPI_FAST_FLASH_BOOT") + (
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\r\n"
)


S3 = "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\nrst:0x{:x} ({}),boot:0x{:x} ({})\r\n"
FLASH_BOOT = (8, "SPI_FAST_FLASH_BOOT")
NOTHING = "has nothing to start in its flash"
# What the boot loaders of other chips, and newer ones, say: text, the beginning of the fact, of
# the remedy, and whether once is enough.
OTHERS = {
    "C6, brown-out": (
        S3.format(15, "LP_BOD_SYS", 12, "SPI_FAST_FLASH_BOOT") * 2,
        "resets because its supply voltage breaks down (brown-out, 2 ", "use a short cable", True,
    ),
    "S3, brown-out": (
        S3.format(15, "BROWNOUT_RST", *FLASH_BOOT) * 2,
        "resets because its supply voltage breaks down (brown-out, 2 ", "use a short cable", True,
    ),
    "S3, download": (
        S3.format(0x15, "USB_UART_CHIP_RESET", 0x20, "DOWNLOAD(USB/UART0)"),
        "waits in its boot loader (download mode)", "let go of its BOOT button", True,
    ),
    "Secure Boot v1": (
        S3.format(16, "RTCWDT_RTC_RESET", *FLASH_BOOT)
        + "secure boot check fail\r\nets_main.c 371\r\n",
        "does not start what is in its flash: Secure Boot finds no", "take another board: ", True,
    ),
    "Secure Boot v2": (
        S3.format(3, "RTC_SW_SYS_RST", *FLASH_BOOT) + "Sig block 0 invalid: Magic\r\n"
        "secure boot verification failed\r\nets_loader.c 78\r\n",
        "does not start what is in its flash: Secure Boot finds no", "take another board: ", True,
    ),
    "another chip": (
        "E (39) boot_comm: mismatch chip ID, expected 9, found 0\r\n",
        "cannot start: the image in its flash is for another chip", "flash it as", True,
    ),
    "another revision": (
        "E (39) boot_comm: Image requires chip rev >= v3.0, but chip is v1.0\r\n",
        "cannot start: the image in its flash is for another chip", "flash it as", True,
    ),
    "no PSRAM": (
        "E (101) quad_psram: PSRAM ID read error: 0x00ffffff, PSRAM chip not found\r\n"
        "E cpu_start: Failed to init external RAM!\r\nabort() was called at PC 0x4200\r\n",
        "cannot start: its image wants a PSRAM", "flash it as another board", True,
    ),
    "a damaged application": (
        "E (80) esp_image: image at 0x10000 has invalid magic byte\r\n", NOTHING, FLASH, False,
    ),
    "no application": (
        "E (90) boot: Factory app partition is not bootable\r\n", NOTHING, FLASH, False,
    ),
    "a damaged table": (
        "E (58) boot: Failed to verify partition table\r\n", NOTHING, FLASH, False,
    ),
    "C6, a watchdog": (
        S3.format(7, "TG0_WDT_HPSYS", *FLASH_BOOT) * 3,
        "runs a program that crashes (", FLASH, True,
    ),
    "FAT": (
        "The FAT filesystem starting at sector 512 appears to be corrupted. If you",
        "cannot mount its file system: ", "flash it anew", True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_other_chips_and_boot_loaders_say_is_understood_too(name):
    text, fact, remedy, certain = OTHERS[name]
    found = meaning(text)
    assert found is not None
    assert found.fact.startswith(fact)
    assert found.remedy.startswith(remedy)
    assert found.certain == certain


@contextmanager
def port_that_prints(text: str, every: float = 0.1) -> Iterator[str]:
    master, slave = os.openpty()
    tty.setraw(slave)
    ended = threading.Event()

    def talk() -> None:
        while not ended.wait(every):
            if text:
                os.write(master, text.encode())

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        ended.set()
        thread.join()
        os.close(slave)
        os.close(master)


def refused(path: str) -> tuple[str, str]:
    with pytest.raises(DeviceError) as caught:
        open_device(path)
    assert not isinstance(caught.value, NoFirmware)  # which would be an invitation to install
    return caught.value.fact, caught.value.remedy


LINES = "try --dtr off --rts off"


@pytest.mark.parametrize(
    ("text", "fact", "remedy"),
    [
        (BROWN, "resets because its supply voltage breaks down (brown-out, ", "use a short cable"),
        (WAITS, "waits in its boot loader (download mode) and runs no program", "let go of its"),
        (CORRUPT, "cannot mount its file system: ", "flash it anew with `ganglion flash`; "),
        (SMALLER, "cannot start: its flash has 4096k, and its image is for 8192k", "flash an "),
        (EMPTY, "has nothing to start in its flash", FLASH),
        (CRASH, "runs a program that crashes (", FLASH),
        ("AT version:2.4.0.0\r\nready\r\n", "runs another program than MicroPython (it says "
         "'ready')", FLASH),
        ("\x80\x9f\xe0", "sends ", "see that nothing else talks there at another rate"),
    ],
)  # fmt: skip
def test_what_came_is_told_with_its_own_remedy(text, fact, remedy, monkeypatch):
    monkeypatch.setattr("ganglion.link.handshake._TRIES", 2)  # how often one asks, says no text
    with port_that_prints(text) as path:
        told, what_to_do = refused(path)
    assert told.startswith(f"{path} {fact}")
    assert what_to_do.startswith(remedy)


def test_a_board_in_download_mode_is_told_that_the_lines_may_hold_it_there():
    found = meaning(WAITS)
    assert found is not None
    assert found.remedy.endswith(LINES)
    assert meaning(WAITS + ROM.format(1, "POWERON_RESET", 0x13, "SPI_FAST_FLASH_BOOT")) is None


def test_one_reset_by_brown_out_is_no_loop():
    found = meaning(BROWN)
    assert found is not None
    assert not found.certain
    again = meaning(BROWN * 2)
    assert again is not None
    assert again.certain
    assert again.fact.endswith("(brown-out, 2 times while we listened)")


class Boot:
    """A link to a board of which `said` tells how many bytes it has said after so many seconds."""

    name, slowness, tail, heard = "the board", 2.0, b"", b""

    def __init__(self, said):
        self.now, self._said = 0.0, said

    @property
    def spoken(self):
        return self._said(self.now)

    def take(self, wait):
        self.now += wait
        return []

    def monotonic(self):
        return self.now


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        (lambda now: 0, 180),  # silent: BOOT times its slowness
        (lambda now: min(int(now / 150), 8), 8 * 150 + 180),  # a word now and then, eight in all
        (lambda now: int(now * 100), 21),  # a program that prints is no boot
    ],
)
def test_a_boot_is_waited_for_as_long_as_it_gives_signs_of_life(monkeypatch, said, ends):
    board = Boot(said)
    monkeypatch.setattr(handshake, "time", board)
    assert handshake.await_boot(board) is None
    assert ends <= board.now <= ends + 1.5


def test_silence_is_told_as_silence():
    assert something("").fact == (
        "says nothing, and answers neither as Ganglion nor as a MicroPython"
    )


def test_an_endless_main_py_without_our_firmware_is_interrupted_within_seconds(
    monkeypatch, tmp_path
):
    (tmp_path / "boot.py").write_text("")
    # On a chip, Ctrl-C interrupts whatever runs; the unix port has to look for it.
    (tmp_path / "main.py").write_text(
        "import select, sys, time\np = select.poll()\np.register(sys.stdin, select.POLLIN)\n"
        "while True:\n    print('temperature', 21.5, 'humidity', 40)\n    time.sleep_ms(20)\n"
        "    if p.poll(0) and sys.stdin.buffer.read(1) == b'\\x03':\n"
        "        raise KeyboardInterrupt\n"
    )
    monkeypatch.setattr("ganglion.device.virtual.firmware_dir", lambda: tmp_path)
    with VirtualDevice() as virtual, pytest.raises(NoFirmware) as caught:
        (virtual.flash / "firmware.id").unlink(missing_ok=True)
        open_device(virtual.path)
    assert str(caught.value) == (
        f"{virtual.path} is a MicroPython without Ganglion's firmware; {FLASH}"
    )


def test_a_main_py_of_somebody_elses_beside_our_firmware_is_told_at_once_and_replaced():
    """However slowly it prints: it is not taken for a boot that gives signs of life."""
    with VirtualDevice() as virtual:
        (virtual.flash / "main.py").write_text("print('temperature', 21.5)\n")
        virtual.reset()
        with pytest.raises(NoFirmware) as caught:
            open_device(virtual.path)
    assert str(caught.value) == (
        f"{virtual.path} has Ganglion's firmware, and a main.py that does not start it; {FLASH}"
    )


def test_a_hello_in_other_words_is_told_at_once_and_not_taken_for_silence():
    with VirtualDevice() as virtual:
        alter(virtual.flash, "server", instead=("_TYPE_HELLO, 31, name", "_TYPE_HELLO, 20, name"))
        virtual.reset()
        with pytest.raises(NoFirmware) as caught:
            open_device(virtual.path)
    assert caught.value.serving
    assert str(caught.value).startswith(f"{virtual.path}: ")
