"""Bytecode: the burst of burst.c in plain MicroPython, timed beside the kernel in one process.

In:  on MicroPython, with the firmware's modules: brain.gbn, and the same network as network.json.
Out: one line: microseconds of the median burst, of the textbook loop and the kernel, and how many
     spikes.
Never: goes on if the two fire different neurons.
"""

import json
import time
from array import array

from ganglion.load.net import load

from ganglion import brain

ACC, EVERY, UPPER, ALWAYS = 1, 2, 4, 8
ALL = 0xFFFFFFFF


def random(neuron, burst):
    x = (neuron * 2654435761 + burst * 1597334677) & ALL
    a = (x * 747796405 + 2891336453) & ALL
    y = (((a >> ((a >> 28) + 4)) ^ a) * 277803737) & ALL
    return (y >> 22) ^ y


class Textbook:
    """Plain lists, one of what was touched; a loop over synapses, one over neurons."""

    def __init__(self, net):
        self.net = net
        n = len(net["population_of"])
        self.v = [0] * n
        self.countdown = [0] * n
        self.consecutive = [0] * n
        self.mark = bytearray(n)
        self.touched = []
        self.fired = []
        self.generator = net["seed"]
        self.burst = 0

    def receive(self, target, amount):
        self.v[target] += amount
        if not self.mark[target]:
            self.mark[target] = 1
            self.touched.append(target)

    def step(self):
        net = self.net
        self.burst += 1
        rows, targets, amounts = net["rows"], net["targets"], net["amounts"]
        for n in self.fired:
            for s in range(rows[n], rows[n + 1]):
                self.receive(targets[s], amounts[s])
        if net["power"] >= 0:
            self.receive(net["power"], net["power_amount"])
        self.stimulate()
        self.fired = []
        for n in self.touched:
            population = net["populations"][net["population_of"][n]]
            self.mark[n] = 0
            if not population[2] & EVERY:
                self.update(n, population)
        self.touched = []
        for population in net["populations"]:
            if population[2] & EVERY:
                for n in range(population[0], population[1]):
                    self.update(n, population)

    def stimulate(self):
        net = self.net
        x, bits, chance = self.generator, net["group_bits"], net["chance"]
        for first, stop, amount in net["inputs"]:
            for n in range(first, stop, 1 << bits):
                draw = (x * 1664525 + 1013904223) & ALL
                x = (draw * 1664525 + 1013904223) & ALL
                if draw >> 16 < chance:
                    member = n + (x >> 16 >> (16 - bits))
                    if member < stop:
                        self.receive(member, amount if x >> 16 & 3 else amount >> 1)
        self.generator = x

    def update(self, n, population):
        (first, _, flags, upper, leak, fine, shift, refractory, snoozed, limit, low, high, chance,
         ident) = population  # fmt: skip
        v = self.v[n]
        if self.countdown[n]:
            self.countdown[n] -= 1
            if not self.countdown[n] and limit and self.consecutive[n] >= limit:
                self.consecutive[n] = 0
            self.v[n] = 0
            return
        if v >= self.net["threshold"][n] and not (flags & UPPER and v > upper):
            if limit and self.consecutive[n] >= limit:
                self.consecutive[n] = 0
                self.v[n] = min(max(v, low), high) if flags & ACC else 0
                return
            if flags & ALWAYS or random((ident + n - first) & ALL, self.burst) < chance:
                self.v[n] = 0
                self.countdown[n] = refractory
                if limit:
                    self.consecutive[n] = min(65535, self.consecutive[n] + 1)
                    if self.consecutive[n] >= limit:
                        self.countdown[n] = snoozed
                self.fired.append(n)
                return
        if limit:
            self.consecutive[n] = 0
        if not flags & ACC:
            self.v[n] = 0
            return
        if leak:
            size = abs(v)
            lost = (size * leak + (size >> 15) * fine + (1 << shift - 1)) >> shift
            if not lost and size:
                lost = 1
            v = v - lost if v > 0 else v + lost
        self.v[n] = min(max(v, low), high)


def median(times):
    return sorted(times)[len(times) // 2]  # other programs run on this machine, too


def main():
    with open("network.json") as f:
        net = json.load(f)
    textbook, kernel = Textbook(net), brain.Brain(load("brain.gbn"))
    kernel.stimulus(1, net["seed"], net["group_bits"], net["chance"])
    kernel.reset()
    out = array("H", bytes(2 * len(net["population_of"])))
    slow, fast, spikes = [], [], 0
    for burst in range(1, net["bursts"] + 1):
        begun = time.ticks_us()
        textbook.step()
        done = time.ticks_us()
        n = kernel.step()
        fast.append(time.ticks_diff(time.ticks_us(), done))
        slow.append(time.ticks_diff(done, begun))
        kernel.fired(out, 0)
        if sorted(textbook.fired) != list(out[:n]):
            raise ValueError("burst %d: the textbook loop and the kernel differ" % burst)
        spikes += n
    print(median(slow), median(fast), spikes)


main()
