/* Twin: the burst of SPEC.md 2 as a C programmer would write it first, to measure the kernel by.
 *
 * Plain arrays, a list of what was touched, one loop over synapses, one over neurons. It shares
 * no code and no table with the firmware, and must fire the same neurons. Compiled by gcc -O2 for
 * rv32imc and run in the emulator by c.py; `potential` is int16_t or int32_t by -DWIDE.
 */
#include <stdint.h>

#ifdef WIDE
typedef int32_t potential;
#else
typedef int16_t potential;
#endif

enum { ACC = 1, EVERY = 2, UPPER = 4, ALWAYS = 8, MPD = 16 };

typedef struct {
    int32_t first, stop, flags, upper, leak, fine, shift, refractory, snoozed, limit, low, high, bits;
    uint32_t excitability, id;
} population;

typedef struct {
    uint16_t target;
    potential amount;
} synapse;

typedef struct {
    int32_t burst, populations, fired, touched, power, power_amount, inputs;
    uint32_t generator, chance, group_bits;
    const population *population;
    const uint16_t *population_of;
    const int32_t *threshold;
    const uint32_t *row; /* N + 1 */
    const synapse *synapse;
    const int32_t (*input)[3]; /* first, stop, amount */
    potential *v;
    uint16_t *countdown, *consecutive, *fired_list, *touched_list;
    uint8_t *mark;
} brain;

static inline void receive(brain *b, uint16_t target, int32_t amount) {
    b->v[target] += amount;
    if (!b->mark[target]) {
        b->mark[target] = 1;
        b->touched_list[b->touched++] = target;
    }
}

static uint32_t hash(uint32_t neuron, uint32_t burst) {
    uint32_t x = neuron * 2654435761u + burst * 1597334677u;
    uint32_t a = x * 747796405u + 2891336453u;
    uint32_t y = ((a >> ((a >> 28) + 4)) ^ a) * 277803737u;
    return (y >> 22) ^ y;
}

#if defined(WIDE) && defined(__XTENSA__)
/* An ESP32 multiplies to 64 bits in two instructions, mull and muluh. Neither Debian's gcc nor the
 * emulator's cores have the second, so these sixteen stand for that one; c.py takes off fifteen for
 * each, and finds how many there were by a second run with sixteen more (STUFFED). */
static inline int64_t product(uint32_t x, uint32_t y) {
    uint32_t high, p, q, r;
    __asm__("extui %1, %4, 0, 16\n extui %2, %5, 0, 16\n mull %0, %1, %2\n extui %0, %0, 16, 16\n"
            "extui %3, %4, 16, 16\n mull %2, %3, %2\n add %2, %2, %0\n extui %0, %5, 16, 16\n"
            "mull %1, %1, %0\n mull %3, %3, %0\n extui %0, %2, 0, 16\n add %1, %1, %0\n"
            "extui %2, %2, 16, 16\n extui %1, %1, 16, 16\n add %3, %3, %2\n add %0, %3, %1\n"
#ifdef STUFFED
            ".rept 16\n or a1, a1, a1\n .endr\n"
#endif
            : "=&r"(high), "=&r"(p), "=&r"(q), "=&r"(r) : "r"(x), "r"(y));
    return (int64_t)((uint64_t)high << 32 | x * y);
}
#define SMALL(a, b) ((int64_t)((int32_t)(a) * (b))) /* one of 16 bits and one of 15 */
#else
static inline int64_t product(uint32_t a, int32_t b) { return (int64_t)a * b; }
#define SMALL product
#endif

static int32_t leaked(int32_t v, int32_t leak, int32_t fine, int32_t shift) {
    uint32_t size = v < 0 ? -v : v;
#ifdef WIDE
    int32_t delta = (int32_t)((product(size, leak) + SMALL(size >> 15, fine)
                               + (1 << (shift - 1))) >> shift);
#else
    int32_t delta = (size * leak + (1u << (shift - 1))) >> shift; /* fine is 0 */
#endif
    if (!delta && size)
        delta = 1;
    return v < 0 ? v + delta : v - delta;
}

static void update(brain *b, uint32_t n, const population *p) {
    int32_t v = b->v[n], limit = p->limit;
    if (b->countdown[n]) {
        if (--b->countdown[n] == 0 && limit && b->consecutive[n] >= limit)
            b->consecutive[n] = 0;
        b->v[n] = 0;
        return;
    }
    if (v >= b->threshold[n] && !((p->flags & UPPER) && v > p->upper)) {
        if (limit && b->consecutive[n] >= limit) {
            b->consecutive[n] = 0;
            b->v[n] = p->flags & ACC ? (v > p->high ? p->high : v < p->low ? p->low : v) : 0;
            return;
        }
        if ((p->flags & ALWAYS) || hash(p->id + n - p->first, b->burst) < p->excitability) {
            b->v[n] = 0;
            b->countdown[n] = p->refractory;
            if (limit) {
                if (b->consecutive[n] < 65535)
                    b->consecutive[n]++;
                if (b->consecutive[n] >= limit)
                    b->countdown[n] = p->snoozed;
            }
            b->fired_list[b->fired++] = n;
            return;
        }
    }
    if (limit)
        b->consecutive[n] = 0;
    if (!(p->flags & ACC)) {
        b->v[n] = 0;
        return;
    }
    if (p->leak)
        v = leaked(v, p->leak, p->fine, p->shift);
    if (v < p->low)
        v = p->low;
    else if (v > p->high)
        v = p->high;
    b->v[n] = v;
}

void burst(brain *b) {
    b->burst++;
    b->touched = 0;
    for (int32_t i = 0; i < b->fired; i++) {
        uint32_t n = b->fired_list[i];
        const synapse *end = b->synapse + b->row[n + 1];
        for (const synapse *s = b->synapse + b->row[n]; s < end; s++)
            receive(b, s->target, s->amount);
    }
    if (b->power >= 0)
        receive(b, b->power, b->power_amount);
    for (int32_t r = 0; r < b->inputs; r++)
        for (int32_t n = b->input[r][0]; n < b->input[r][1]; n += 1 << b->group_bits) {
            uint32_t x = b->generator * 1664525u + 1013904223u;
            b->generator = x * 1664525u + 1013904223u;
            if (x >> 16 < b->chance) {
                uint32_t c = b->generator >> 16;
                int32_t m = n + (c >> (16 - b->group_bits));
                if (m < b->input[r][1])
                    receive(b, m, c & 3 ? b->input[r][2] : b->input[r][2] >> 1);
            }
        }
    b->fired = 0;
    for (int32_t i = 0; i < b->touched; i++) {
        uint32_t n = b->touched_list[i];
        const population *p = b->population + b->population_of[n];
        b->mark[n] = 0;
        if (!(p->flags & EVERY))
            update(b, n, p);
    }
    for (int32_t k = 0; k < b->populations; k++) {
        const population *p = b->population + k;
        if (p->flags & EVERY)
            for (int32_t n = p->first; n < p->stop; n++)
                update(b, n, p);
    }
}
