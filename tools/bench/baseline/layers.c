/* Layers: L2 of SPEC.md 12 as a textbook writes it: each spike, then each weight of it.

   In:  how often each source fired; weights of 8 bits, a matrix or a kernel of a convolution.
   Out: the sum at each target, times its multiplier.
   Never: part of the product: it is what the kernel is measured by. */

typedef unsigned char u8;
typedef signed char i8;

struct path {
    int conv;
    int rows, columns, channels; /* of the source */
    int target_rows, target_columns, targets;
    int kernel_rows, kernel_columns, stride_y, stride_x, top, left;
    const u8 *spikes;
    const i8 *weight; /* dense: sources × targets; else channels × kernel × targets */
    const int *multiplier; /* of each of `targets` */
    int *sum, *x;
};

#ifdef __XTENSA__
/* An ESP32 divides in one instruction, and extends a sign in one, as the emulated core does; Debian's
   gcc is for a chip that has neither, so they are written here. */
static inline int quotient(int a, int b)
{
    register int x __asm__("a8") = a, y __asm__("a9") = b;
    __asm__(".byte 0x90, 0x88, 0xd2" : "+r"(x) : "r"(y)); /* quos a8, a8, a9 */
    return x;
}
static inline int remainder(int a, int b)
{
    register int x __asm__("a8") = a, y __asm__("a9") = b;
    __asm__(".byte 0x90, 0x88, 0xf2" : "+r"(x) : "r"(y)); /* rems a8, a8, a9 */
    return x;
}
static inline int of_byte(const i8 *w)
{
    register int x __asm__("a8") = *(const u8 *)w;
    __asm__(".byte 0x00, 0x88, 0x23" : "+r"(x)); /* sext a8, a8, 7 */
    return x;
}
#else
static inline int quotient(int a, int b) { return a / b; }
static inline int remainder(int a, int b) { return a % b; }
static inline int of_byte(const i8 *w) { return *w; }
#endif

static void dense(struct path *p)
{
    int sources = p->rows * p->columns * p->channels;
    for (int s = 0; s < sources; s++) {
        int z = p->spikes[s];
        if (!z)
            continue;
        const i8 *row = p->weight + s * p->targets;
        for (int t = 0; t < p->targets; t++)
            p->sum[t] += z * of_byte(row + t);
    }
}

static void convolution(struct path *p)
{
    const u8 *spikes = p->spikes;
    for (int y = 0; y < p->rows; y++)
        for (int x = 0; x < p->columns; x++)
            for (int c = 0; c < p->channels; c++) {
                int z = *spikes++;
                if (!z)
                    continue;
                for (int ky = 0; ky < p->kernel_rows; ky++) {
                    int ty = y + p->top - ky;
                    if (ty < 0 || remainder(ty, p->stride_y) || quotient(ty, p->stride_y) >= p->target_rows)
                        continue;
                    ty = quotient(ty, p->stride_y);
                    for (int kx = 0; kx < p->kernel_columns; kx++) {
                        int tx = x + p->left - kx;
                        if (tx < 0 || remainder(tx, p->stride_x) || quotient(tx, p->stride_x) >= p->target_columns)
                            continue;
                        tx = quotient(tx, p->stride_x);
                        const i8 *w = p->weight +
                            ((c * p->kernel_rows + ky) * p->kernel_columns + kx) * p->targets;
                        int *sum = p->sum + (ty * p->target_columns + tx) * p->targets;
                        for (int o = 0; o < p->targets; o++)
                            sum[o] += z * of_byte(w + o);
                    }
                }
            }
}

__attribute__((section(".text.burst"))) void burst(struct path *p)
{
    int places = p->target_rows * p->target_columns;
    for (int i = 0; i < places * p->targets; i++)
        p->sum[i] = 0;
    if (p->conv)
        convolution(p);
    else
        dense(p);
    for (int i = 0; i < places; i++)
        for (int o = 0; o < p->targets; o++)
            p->x[i * p->targets + o] += p->multiplier[o] * p->sum[i * p->targets + o];
}
