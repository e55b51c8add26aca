/* Channels of a small image, row after row of windows of three by three, all weights in registers.
 *
 * The whole image lies in scratch, padding included: four channels of a pair of columns of eight
 * rows, then those of the next pair. A row has three to six outputs. */
#ifndef DSE_WHOLE_DSP_H
#define DSE_WHOLE_DSP_H

#include "dse_lanes_dsp.h"

enum {
    DSE_WHOLE_ROWS = 8,
    DSE_WHOLE_PAIR_WORDS = 32, /* from one pair of columns to the next */
    DSE_WHOLE_TAP_WORDS = 8    /* of a channel: (w0, w1) and (w1, w2) of three rows; scale */
};

/* Up to four channels. */
typedef struct {
    const uint32_t *taps;     /* of the next channel */
    const uint32_t *last;     /* behind those of the last channel */
    const uint32_t *row, *end; /* where its windows begin: of the first row, and behind the last */
    int8_t *first;            /* first output of the next channel */
    int32_t row_bytes;        /* from one row of windows to the next */
    int32_t rest;             /* outputs of a row, less four */
    int32_t step;             /* from one output to the next */
    int32_t zero_point;
    int32_t bias, multiplier; /* of the present channel */
    int8_t *out;              /* its next output */
} dse_whole;

DSE_INLINE int dse_is_whole(const dse_window *w)
{
    return w->out_width >= 3 && w->out_width <= 6 &&
           (w->out_height - 1) * w->stride_y + 3 <= DSE_WHOLE_ROWS;
}

/* The pixels of up to four channels to their places; the padding lies there. */
DSE_INLINE void dse_whole_planes(const dse_window *w, const dse_row_plan *plan, const int8_t *in,
                                 uint32_t *planes)
{
    const int step = plan->step, room = DSE_WHOLE_ROWS - w->top;
    const int pairs = 2 * plan->fours + plan->rest / 2;
    planes += 4 * w->top + plan->lead * DSE_WHOLE_PAIR_WORDS;
    for (int y = 0; y < w->in_height && y < room; y++, in += w->in_width * step, planes += 4) {
        const int8_t *from = in;
        uint32_t *to = planes;
        if (plan->is_halved) {
            dse_transpose_pair(plan->pad, dse_load(from), to, 1);
            from += step;
            to += DSE_WHOLE_PAIR_WORDS;
        }
        for (int i = pairs; i > 0; i--, from += 2 * step, to += DSE_WHOLE_PAIR_WORDS) {
            dse_transpose_pair(dse_load(from), dse_load(from + step), to, 1);
        }
        if (plan->rest % 2 != 0) {
            dse_transpose_pair(dse_load(from), plan->pad, to, 1);
        }
    }
}

#ifdef DSE_ARMV7EM

#define DSE_WHOLE_FOURS_1                                                                          \
    DSE_FOUR_1("0", "128", "256", "w0", "w1", "a", "a", "a", "a", DSE_BIAS)                        \
    DSE_FOUR_1("16", "144", "272", "w2", "w3", "a", "b", "c", "d", "")                             \
    DSE_FOUR_1("32", "160", "288", "w4", "w5", "a", "b", "c", "d", "")
#define DSE_WHOLE_FOURS_2                                                                          \
    DSE_FOUR_2("0", "128", "256", "384", "512", "w0", "w1", "a", "a", "a", "a", DSE_BIAS)          \
    DSE_FOUR_2("16", "144", "272", "400", "528", "w2", "w3", "a", "b", "c", "d", "")               \
    DSE_FOUR_2("32", "160", "288", "416", "544", "w4", "w5", "a", "b", "c", "d", "")
/* The fifth and sixth output; `base` is where their pairs begin. */
#define DSE_WHOLE_TWOS(two, base)                                                                  \
    two(base, base "+128", base "+256", "w0", "w1", "a", "a", DSE_BIAS)                            \
    two(base "+16", base "+144", base "+272", "w2", "w3", "a", "b", "")                            \
    two(base "+32", base "+160", base "+288", "w4", "w5", "a", "b", "")
#define DSE_WHOLE_LANES(fours, twos)                                                               \
    __asm__ volatile(                                                                              \
        "0:\n\tldr %[x], %[taps]\n\tldr %[p], %[row]\n\tldr %[d], %[first]\n\t"                    \
        "ldr %[w0], [%[x]]\n\tldr %[w1], [%[x], #4]\n\tldr %[w2], [%[x], #8]\n\t"                  \
        "ldr %[w3], [%[x], #12]\n\tldr %[w4], [%[x], #16]\n\tldr %[w5], [%[x], #20]\n\t"           \
        "ldr %[a], [%[x], #24]\n\tldr %[b], [%[x], #28]\n\tstr %[d], %[out]\n\t"                   \
        "str %[a], %[bias]\n\tstr %[b], %[multiplier]\n\tadd %[d], %[d], #1\n\t"                   \
        "add %[x], %[x], #32\n\tadd %[y], %[p], #4\n\tstr %[d], %[first]\n\t"                      \
        "str %[x], %[taps]\n\tstr %[y], %[row]\n\t.p2align 2\n1:\n\t" fours DSE_SCALE              \
        DSE_SHIFTED("a") DSE_SHIFTED("b") DSE_SHIFTED("c") DSE_SHIFTED("d")                        \
        DSE_PUT_FIRST("ldr %[z], %[rest]\n\t") DSE_PUT("b") DSE_PUT("c")                           \
        "cmp %[z], #0\n\tblt 2f\n\t" DSE_PUT("d") "beq 2f\n\tstr %[x], %[out]\n\t" twos            \
        DSE_SCALE DSE_SHIFTED("a") DSE_SHIFTED("b")                                                \
        DSE_PUT_FIRST("ldr %[z], %[rest]\n\t") "cmp %[z], #1\n\tbeq 2f\n\t" DSE_PUT("b")           \
        "2:\n\tldr %[y], %[row_bytes]\n\tldr %[z], %[end]\n\tstr %[x], %[out]\n\t"                 \
        "add %[p], %[p], %[y]\n\tcmp %[p], %[z]\n\tbne 1b\n\t"                                     \
        "ldr %[x], %[taps]\n\tldr %[y], %[last]\n\tadd %[z], %[z], #4\n\tstr %[z], %[end]\n\t"     \
        "cmp %[x], %[y]\n\tbne 0b"                                                                 \
        : [p] "=&r"(p), [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3),            \
          [w4] "=&r"(w4), [w5] "=&r"(w5), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),                \
          [d] "=&r"(d), [x] "=&r"(x), [y] "=&r"(y), [z] "=&r"(z), [taps] "+m"(whole->taps),        \
          [row] "+m"(whole->row), [end] "+m"(whole->end), [first] "+m"(whole->first),              \
          [bias] "=m"(whole->bias), [multiplier] "=m"(whole->multiplier), [out] "=m"(whole->out)   \
        : [last] "m"(whole->last), [row_bytes] "m"(whole->row_bytes), [rest] "m"(whole->rest),     \
          [step] "m"(whole->step), [zero_point] "m"(whole->zero_point)                             \
        : "cc", "memory")

DSE_INLINE void dse_run_whole(dse_whole *whole, int stride)
{
    uint32_t p, w0, w1, w2, w3, w4, w5, a, b, c, d, x, y, z;
    if (stride == 1) {
        DSE_WHOLE_LANES(DSE_WHOLE_FOURS_1, DSE_WHOLE_TWOS(DSE_TWO_1, "256"));
    } else {
        DSE_WHOLE_LANES(DSE_WHOLE_FOURS_2, DSE_WHOLE_TWOS(DSE_TWO_2, "512"));
    }
}

#else

DSE_INLINE void dse_run_whole(dse_whole *whole, int stride)
{
    for (; whole->taps < whole->last; whole->taps += DSE_WHOLE_TAP_WORDS) {
        const uint32_t *scale = whole->taps + 6, *row = whole->row++;
        int8_t *to = whole->first++;
        for (; row < whole->end; row += whole->row_bytes / 4) {
            for (int i = 0; i < 4 + whole->rest; i++, to += whole->step) {
                const uint32_t *x = row + i * stride / 2 * DSE_WHOLE_PAIR_WORDS;
                int32_t sum = dse_window_sum(x, DSE_WHOLE_PAIR_WORDS, whole->taps, i * stride & 1,
                                             (int32_t)scale[0]);
                sum = dse_upper_product(sum, (int32_t)scale[1], whole->zero_point);
                *to = (int8_t)dse_saturate(sum);
            }
        }
        whole->end++;
    }
}

#endif

#endif
