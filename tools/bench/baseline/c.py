"""Twin: the C burst of burst.c, compiled for rv32imc, run and counted beside the kernel.

In:  a QuantizedNetwork without mp-driven classes, a stimulus.
Out: instructions per burst, the fired sets compared with the reference.
Never: part of the product: it is what the kernel is measured by.

Needs riscv64-unknown-elf-gcc (Debian: gcc-riscv64-unknown-elf) and unicorn.
"""

import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import unicorn
from unicorn import riscv_const as riscv

from ganglion.network.model import Population, QuantizedNetwork
from ganglion.reference.integers import Reference
from ganglion.reference.stimulus import RandomStimulus, StimulusStream

COMPILER = "riscv64-unknown-elf-gcc"
CODE, RETURN, STACK, HEAP, SIZE = 0x1000_0000, 0x1001_0000, 0x1003_0000, 0x1004_0000, 0x400_0000
LINK = "ENTRY(burst) SECTIONS { . = 0x10000000; .text : { *(.text.burst) *(.text*) *(.*data*) } }"


def available() -> bool:
    """Whether the compiler is here."""
    return shutil.which(COMPILER) is not None


def build(wide: bool) -> bytes:
    """The machine code; `burst` lies first."""
    with tempfile.TemporaryDirectory() as directory:
        script, elf, flat = (Path(directory) / n for n in ("link.ld", "burst.elf", "burst.bin"))
        script.write_text(LINK)
        source = Path(__file__).with_name("burst.c")
        options = ["-O2", "-march=rv32imc", "-mabi=ilp32", "-nostdlib", "-ffreestanding",
                   "-ffunction-sections", "-mcmodel=medany", f"-T{script}"]  # fmt: skip
        options += ["-DWIDE"] if wide else []
        subprocess.run([COMPILER, *options, str(source), "-lgcc", "-o", str(elf)], check=True)
        objcopy = COMPILER.replace("gcc", "objcopy")
        subprocess.run([objcopy, "-O", "binary", str(elf), str(flat)], check=True)
        return flat.read_bytes()


class Twin:
    """The C brain in an emulated core."""

    def __init__(self, network: QuantizedNetwork, stimulus: RandomStimulus) -> None:
        if any(c.mp_driven for c in network.classes):
            raise ValueError("the twin has no mp-driven synapses")
        self.network = network
        wide = network.storage == 32
        self.uc = uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        uc.mem_map(CODE, SIZE)
        uc.mem_write(CODE, build(wide))
        self._top = HEAP
        self.instructions = 0
        self._sizes: dict[int, int] = {}
        n = network.n_neurons
        self._n_fired = 0
        populations = b"".join(self._population(p) for p in network.populations)
        kind = [("target", "<u2"), ("amount", "<i4" if wide else "<i2")]
        synapses = np.zeros(network.n_synapses, dtype=np.dtype(kind, align=True))
        synapses["target"] = network.target
        synapses["amount"] = network.contribution
        rows = np.searchsorted(network.source, np.arange(n + 1)).astype("<u4")
        inputs = b"".join(
            struct.pack("<3i", r.first, r.first + r.count, r.amount) for r in network.inputs
        )
        power = -1 if network.power_neuron is None else network.power_neuron
        room = [
            populations,
            network.population_of.astype("<u2").tobytes(),
            network.threshold.astype("<i4").tobytes(),
            rows.tobytes(),
            synapses.tobytes(),
            inputs,
            bytes(n * network.storage // 8),
            bytes(2 * n), bytes(2 * n), bytes(2 * n), bytes(2 * n), bytes(n),
        ]  # fmt: skip
        pointers = [self._put(part) for part in room]
        self._fired = pointers[9]
        head = struct.pack(
            "<7i3I", 0, len(network.populations), 0, 0, power, network.power_amount,
            len(network.inputs), stimulus.seed, stimulus.chance, stimulus.group_bits,
        )  # fmt: skip
        order = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
        self.context = self._put(head + struct.pack("<12I", *(pointers[i] for i in order)))
        uc.hook_add(unicorn.UC_HOOK_BLOCK, self._block)

    @staticmethod
    def _population(p: Population) -> bytes:
        flags = p.accumulates | p.every_burst << 1 | (p.upper is not None) << 2 | p.always << 3
        return struct.pack(
            "<13i2I", p.first, p.stop, flags, p.upper or 0, p.leak, p.leak_fine, p.shift,
            p.refractory, p.snoozed, p.limit, p.low, p.high, p.psp_bits, p.excitability, p.id,
        )  # fmt: skip

    def _put(self, data: bytes) -> int:
        at, self._top = self._top, self._top + ((len(data) + 31) & ~15)
        self.uc.mem_write(at, data)
        return at

    def _block(self, uc: Any, address: int, size: int, _: Any) -> None:
        n = self._sizes.get(address)
        if n is None:
            code, at, n = uc.mem_read(address, size), 0, 0
            while at < size:
                at += 4 if code[at] & 3 == 3 else 2
                n += 1
            self._sizes[address] = n
        self.instructions += n

    def step(self) -> np.ndarray:
        """One burst; the neurons that fired, ascending."""
        uc = self.uc
        uc.reg_write(riscv.UC_RISCV_REG_A0, self.context)
        uc.reg_write(riscv.UC_RISCV_REG_SP, STACK)
        uc.reg_write(riscv.UC_RISCV_REG_RA, RETURN)
        uc.emu_start(CODE, RETURN)
        (count,) = struct.unpack("<I", uc.mem_read(self.context + 8, 4))
        return np.sort(np.frombuffer(bytes(uc.mem_read(self._fired, 2 * count)), "<u2"))


def instructions(
    network: QuantizedNetwork, stimulus: RandomStimulus, bursts: int = 40, warm_up: int = 20
) -> float:
    """Instructions per burst of the twin, its spikes checked against the reference."""
    twin, reference = Twin(network, stimulus), Reference(network)
    stream = StimulusStream(network, stimulus)
    for burst in range(1, warm_up + bursts + 1):
        if burst == warm_up + 1:
            twin.instructions = 0
        fired = reference.step(stream.draw())
        if not np.array_equal(twin.step(), fired):
            raise AssertionError(f"the twin and the reference differ in burst {burst}")
    return twin.instructions / bursts
