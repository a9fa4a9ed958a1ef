/* Learn: L1 to L3 of SPEC.md 11 as a textbook writes them: each neuron, then each synapse or pair.

   In:  the fired set as bytes; the rule; rows of targets and weights, or a block of all pairs.
   Out: histories, weights, and which pairs have a synapse.
   Never: part of the product: it is what the kernel is measured by. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef signed char i8;

struct rule {
    int burst, sources, targets, window, up, down; /* both areas lie apart */
    const u8 *fired_sources, *fired_targets;
    i8 *source_history, *target_history;
    const unsigned *rows; /* sources + 1 */
    const u16 *target;
    u8 *weight;
    u8 *present; /* 1 for each pair that has a synapse, or 0: then there are rows */
};

static void remember(i8 *history, const u8 *fired, int n, int window)
{
    for (int i = 0; i < n; i++) {
        int h = history[i];
        if (fired[i]) {
            h = (h > 0 ? h : 0) + 1;
            if (h > window)
                h = window;
        } else {
            h = (h < 0 ? h : 0) - 1;
            if (h < -window)
                h = -window;
        }
        history[i] = h;
    }
}

static int changed(int w, int h, int g, const struct rule *r)
{
    if (h >= r->window && g >= r->window) {
        w += r->up;
        return w > 255 ? 255 : w;
    }
    if (h > -r->window || g > -r->window) {
        w -= r->down;
        return w < 0 ? 0 : w;
    }
    return w;
}

static void rows(struct rule *r)
{
    for (int s = 0; s < r->sources; s++) {
        int h = r->source_history[s];
        for (unsigned k = r->rows[s]; k < r->rows[s + 1]; k++)
            r->weight[k] = changed(r->weight[k], h, r->target_history[r->target[k]], r);
    }
}

static void pairs(struct rule *r)
{
    u8 *w = r->weight, *there = r->present;
    for (int s = 0; s < r->sources; s++) {
        int h = r->source_history[s];
        for (int t = 0; t < r->targets; t++, w++, there++) {
            int g = r->target_history[t];
            if (*there) {
                *w = changed(*w, h, g, r);
            } else if (r->up && h >= r->window && g >= r->window) {
                *there = 1;
                *w = r->up;
            }
        }
    }
}

__attribute__((section(".text.burst"))) void burst(struct rule *r)
{
    remember(r->source_history, r->fired_sources, r->sources, r->window);
    remember(r->target_history, r->fired_targets, r->targets, r->window);
    if (++r->burst < r->window)
        return;
    if (r->present)
        pairs(r);
    else
        rows(r);
}
