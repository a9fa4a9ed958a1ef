/* Learn: L1 and L2 of SPEC.md 11 as a textbook writes them: each neuron, then each synapse.

   In:  the fired set as bytes; the rule; rows of targets and weights.
   Out: histories and weights.
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

__attribute__((section(".text.burst"))) void burst(struct rule *r)
{
    remember(r->source_history, r->fired_sources, r->sources, r->window);
    remember(r->target_history, r->fired_targets, r->targets, r->window);
    if (++r->burst < r->window)
        return;
    for (int s = 0; s < r->sources; s++) {
        int h = r->source_history[s];
        for (unsigned k = r->rows[s]; k < r->rows[s + 1]; k++) {
            int g = r->target_history[r->target[k]];
            int w = r->weight[k];
            if (h >= r->window && g >= r->window) {
                w += r->up;
                if (w > 255)
                    w = 255;
            } else if (h > -r->window || g > -r->window) {
                w -= r->down;
                if (w < 0)
                    w = 0;
            }
            r->weight[k] = w;
        }
    }
}
