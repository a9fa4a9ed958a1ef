"""Loops: the burst, the digest and the stimulus as numba compiles them.

In:  arrays. What a neuron has is in the rows of `values`, int32: potential, countdown, times in a
     row, PSP; `rule` holds 1 where a neuron was touched, until it holds the rule that decided.
Out: what SPEC.md 2 to 4 makes of them, in the same arrays.
Never: imports numba: compiled.py has it compile these. Python itself calls none of them.

Every sum fits 32 bits (the proof of SPEC 6); products are formed in 64. An index without a sign is
one that numba need not look at twice. Populations come one after another, in each the neurons in
ascending order; what a population's neurons have in common is read once.
"""

import numpy as np

from .integers import MULTIPLIER
from .stimulus import FACTOR, STEP

MASK = 0xFFFFFFFF
NO_LIMIT = 2**31 - 1  # not below any potential
EVERY, ACCUMULATES, ALWAYS, MP_DRIVEN, PLAIN = 1, 2, 4, 8, 16  # flags of a population
FOURS, ONES, TOPS = 0x0404040404040404, 0x0101010101010101, 0x8080808080808080  # in each byte


def delivered(  # type: ignore[no-untyped-def]
    fired, drawn_at, drawn_amount, values, rule, rows, synapses, klass, classes, weight,
    power, power_amount, watched, reached,
):  # fmt: skip
    """R1 to R3: what the neurons receive, and which of them receive anything."""
    v, psp = values[0], values[3]
    driven = len(klass) > 0
    for f in range(len(fired)):
        n = fired[f]
        for s in range(np.uint64(rows[n]), np.uint64(rows[n + 1])):
            t = np.uint32(synapses[s, 0])
            x = synapses[s, 1]
            if driven:
                k = klass[s]
                if classes[0, k]:
                    bits = classes[2, k]
                    whole = (psp[n] * classes[1, k] + ((1 << bits) >> 1)) >> bits
                    x = np.int32(min(whole, classes[3, k]) * weight[s])
            v[t] += x
            rule[t] = 1
    if power >= 0:
        v[power] += power_amount
        rule[power] = 1
    for k in range(len(drawn_at)):
        n = np.uint64(drawn_at[k])
        v[n] += drawn_amount[k]
        rule[n] = 1
    for k in range(len(watched)):
        reached[k] = v[watched[k]]


def updated(  # type: ignore[no-untyped-def]
    burst, values, rule, by_word, spiked, table, threshold, keeps_psp,
):  # fmt: skip
    """U1 to U7. Returns how many fired; they are listed in `spiked`. `table` is of compiled._row.

    A population whose neurons fire by their window alone is computed without a branch if many of
    them are touched: LLVM then takes eight at a time. No store may depend on a neuron, or it is
    a masked one, slower than all the rest; so what nothing has touched is given the value it has.
    """
    for p in range(len(table)):
        first, stop, flags = table[p, 0], table[p, 1], table[p, 2]
        every, accumulates = flags & EVERY > 0, flags & ACCUMULATES > 0
        busy, begin, end = 0, first >> 3, (stop + 7) >> 3
        for k in range(np.uint64(begin), np.uint64(end)):
            busy += by_word[k] != 0
        if busy == 0 and not every:
            continue
        leak, fine, half, shift = table[p, 4], table[p, 5], table[p, 6], table[p, 7]
        limit, refractory, snoozed = table[p, 8], table[p, 9], table[p, 10]
        upper, low, high = np.int32(table[p, 3]), np.int32(table[p, 11]), np.int32(table[p, 12])
        v, countdown = values[0, first:stop], values[1, first:stop]
        consecutive, psp = values[2, first:stop], values[3, first:stop]
        rules, least = rule[first:stop], threshold[first:stop]
        kept_rule = np.int8(7 if accumulates else 5)
        if flags & PLAIN and (every or busy * 4 >= end - begin):
            rest, none = np.int32(refractory), np.uint32(0)
            for i in range(stop - first):
                x, c = v[i], countdown[i]
                mine = (rules[i] > 0) | every
                resting = mine & (c > 0)
                fires = mine & (c <= 0) & (x >= least[i]) & (x <= upper)
                countdown[i] = rest if fires else np.int32(c - resting)
                kept = kept_rule if mine else np.int8(0)
                rules[i] = np.int8(1) if resting else np.int8(4) if fires else kept
            leak_64, fine_64 = np.uint64(np.uint32(leak)), np.int64(np.int32(fine))
            half_64, shift_64 = np.uint64(half), np.uint64(shift)
            least_loss = np.uint32(leak > 0)
            for i in range(stop - first):
                x = v[i]
                size = np.uint32(np.int32(abs(x))) if rules[i] > 0 else none
                finer = np.uint64(np.int64(size >> np.uint32(15)) * fine_64)
                loss = np.uint32((np.uint64(size) * leak_64 + finer + half_64) >> shift_64)
                lost = np.int32(max(loss, least_loss if size > 0 else none))
                x = np.int32(x + lost) if x < 0 else np.int32(x - lost)
                gone = (rules[i] == 1) | (rules[i] == 4)
                v[i] = np.int32(0) if gone else min(max(x, low), high)
            continue
        if every:
            rules[:] = 1
        counts = refractory > 0 or snoozed > 0
        i = 0
        while i < stop - first:
            if not rules[i]:
                i += 1
                if (first + i) & 7 == 0:
                    while first + i + 8 <= stop and by_word[(first + i) >> 3] == 0:
                        i += 8
                continue
            x = v[i]
            if counts and countdown[i] > 0:
                rules[i] = 1
                countdown[i] -= 1
                if limit > 0 and countdown[i] == 0 and consecutive[i] >= limit:
                    consecutive[i] = 0
                v[i] = 0
                i += 1
                continue
            fires = least[i] <= x <= upper
            if fires and limit > 0 and consecutive[i] >= limit:
                rules[i] = 3
                consecutive[i] = 0
                v[i] = min(max(x, low), high) if accumulates else 0
                i += 1
                continue
            if fires and not flags & ALWAYS:
                mask = np.uint64(MASK)
                ident = np.uint64(table[p, 14] + i)
                h = (ident * np.uint64(2654435761)) & mask
                h = (h + ((np.uint64(burst) * np.uint64(1597334677)) & mask)) & mask
                a = (h * np.uint64(747796405) + np.uint64(2891336453)) & mask
                y = ((a >> ((a >> np.uint64(28)) + np.uint64(4))) ^ a) * np.uint64(277803737)
                y &= mask
                fires = ((y >> np.uint64(22)) ^ y) < np.uint64(table[p, 13])
            if fires:
                rules[i] = 4
                if keeps_psp:
                    psp[i] = 0
                    if flags & MP_DRIVEN:
                        bits = table[p, 15]
                        psp[i] = min(max((x + ((1 << bits) >> 1)) >> bits, 0), 255)
                if counts:
                    countdown[i] = refractory
                if limit > 0:
                    consecutive[i] = min(65535, consecutive[i] + 1)
                    if consecutive[i] >= limit:
                        countdown[i] = snoozed
                v[i] = 0
            else:
                if limit > 0:
                    consecutive[i] = 0
                rules[i] = kept_rule
                if accumulates and leak > 0 and x != 0:
                    m = abs(np.int64(x))
                    delta = max((m * leak + half + (m >> 15) * fine) >> shift, 1)
                    x = np.int32(x + delta) if x < 0 else np.int32(x - delta)
                v[i] = min(max(x, low), high) if accumulates else 0
            i += 1
    count = 0
    for k in range(np.uint64(len(by_word))):
        odd = by_word[k] ^ np.uint64(FOURS)
        if (odd - np.uint64(ONES)) & ~odd & np.uint64(TOPS):  # a byte of it is 0: a neuron fires
            for i in range(np.uint64(8) * k, np.uint64(8) * k + np.uint64(8)):
                spiked[count] = i
                count += rule[i] == 4
    return count


def set_bits(bits, numbers):  # type: ignore[no-untyped-def]
    """Bit n of the array, for each number n."""
    for k in range(len(numbers)):
        n = numbers[k]
        bits[n >> 3] |= np.uint8(1 << (n & 7))


def gathered(out, values, places, kept):  # type: ignore[no-untyped-def]
    """Tallies: twice the count, of the neurons whose count is in their tally."""
    for k in range(len(out)):
        n = places[k]
        out[k] = 2 * values[n] if kept[n] else 0


def gathered_all(out, values, places):  # type: ignore[no-untyped-def]
    """The values of some neurons."""
    for k in range(len(out)):
        out[k] = values[places[k]]


def horner(words):  # type: ignore[no-untyped-def]
    """d = d · K + w mod 2^32, over all words (SPEC 3), four at a time; 64 bits wrap alike."""
    k1 = np.uint64(MULTIPLIER)
    k2 = k1 * k1
    k3 = k2 * k1
    k4 = k3 * k1
    d = np.uint64(0)
    whole = len(words) & ~3
    for i in range(0, whole, 4):
        four = np.uint64(words[i]) * k3 + np.uint64(words[i + 1]) * k2
        d = d * k4 + (four + np.uint64(words[i + 2]) * k1 + np.uint64(words[i + 3]))
    for i in range(whole, len(words)):
        d = d * k1 + np.uint64(words[i])
    return d & np.uint64(MASK)


def drawn(x, chance, bits, group, stop, amount, neurons, amounts):  # type: ignore[no-untyped-def]
    """The stimulus of one burst (SPEC 4): the generator after it, and how many were reached."""
    count = 0
    y = np.uint64(x)
    mask = np.uint64(MASK)
    for k in range(len(group)):
        y = (y * np.uint64(FACTOR) + np.uint64(STEP)) & mask
        a = np.int64(y >> np.uint64(16))
        y = (y * np.uint64(FACTOR) + np.uint64(STEP)) & mask
        c = np.int64(y >> np.uint64(16))
        n = group[k] + (c >> (16 - bits))
        if a < chance and n < stop[k]:
            neurons[count] = n
            amounts[count] = amount[k] >> 1 if c & 3 == 0 else amount[k]
            count += 1
    return np.int64(y), count
