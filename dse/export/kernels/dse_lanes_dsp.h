/* Channels of a row of windows of three by three, along their planes, all weights in registers. */
#ifndef DSE_LANES_DSP_H
#define DSE_LANES_DSP_H

#include "dse_planes_dsp.h"

/* Up to four channels of a row of windows. */
typedef struct {
    const uint32_t *taps; /* of the next channel */
    const uint32_t *last; /* behind those of the last channel */
    const uint32_t *end;  /* in place 0, behind the outputs that go in fours */
    int8_t *first;        /* first output of the next channel */
    int32_t turn;         /* bytes from its taps to those for place 0, then 1 and 2 */
    int32_t span;         /* bytes of the outputs that go in fours, in place 0 */
    int32_t rest;         /* outputs behind those */
    int32_t step;         /* from one output to the next */
    int32_t zero_point;
    int32_t bias, multiplier; /* of the present channel */
    int8_t *out;              /* its next output */
} dse_lanes;

#ifdef DSE_ARMV7EM

#define DSE_LD(r, at) "ldr %[" r "], [%[p], #" at "]\n\t"
#define DSE_AC(op, acc, v, w, from) op " %[" acc "], %[" v "], %[" w "], %[" from "]\n\t"
/* A kernel row with stride 1: outputs a to d, or a and b, from pairs at x0, x1 and x2; the sums go
 * on from fa to fd. */
#define DSE_FOUR_1(x0, x1, x2, wa, wb, fa, fb, fc, fd, bias)                                       \
    DSE_LD("x", x0) DSE_LD("y", x1) DSE_LD("z", x2) bias                                           \
    DSE_AC("smlatb", "b", "x", wa, fb) DSE_AC("smlad", "c", "y", wa, fc)                           \
    DSE_AC("smlatb", "d", "y", wa, fd) DSE_AC("smlad", "a", "x", wa, fa)                           \
    DSE_AC("smlabt", "a", "y", wb, "a") DSE_AC("smlad", "b", "y", wb, "b")                         \
    DSE_AC("smlabt", "c", "z", wb, "c") DSE_AC("smlad", "d", "z", wb, "d")
#define DSE_TWO_1(x0, x1, x2, wa, wb, fa, fb, bias)                                                \
    DSE_LD("x", x0) DSE_LD("y", x1) bias                                                           \
    DSE_AC("smlatb", "b", "x", wa, fb) DSE_AC("smlad", "a", "x", wa, fa)                           \
    DSE_AC("smlabt", "a", "y", wb, "a") DSE_AC("smlad", "b", "y", wb, "b")
/* The same with stride 2, from pairs at x0 to x4. */
#define DSE_FOUR_2(x0, x1, x2, x3, x4, wa, wb, fa, fb, fc, fd, bias)                               \
    DSE_LD("x", x0) DSE_LD("y", x1) DSE_LD("z", x2) bias                                           \
    DSE_AC("smlad", "b", "y", wa, fb) DSE_AC("smlad", "c", "z", wa, fc)                            \
    DSE_AC("smlabt", "b", "z", wb, "b") DSE_LD("z", x3)                                            \
    DSE_AC("smlad", "d", "z", wa, fd) DSE_AC("smlad", "a", "x", wa, fa)                            \
    DSE_AC("smlabt", "a", "y", wb, "a") DSE_LD("y", x4)                                            \
    DSE_AC("smlabt", "c", "z", wb, "c") DSE_AC("smlabt", "d", "y", wb, "d")
#define DSE_TWO_2(x0, x1, x2, wa, wb, fa, fb, bias)                                                \
    DSE_LD("x", x0) DSE_LD("y", x1) DSE_LD("z", x2) bias                                           \
    DSE_AC("smlad", "b", "y", wa, fb) DSE_AC("smlad", "a", "x", wa, fa)                            \
    DSE_AC("smlabt", "a", "y", wb, "a") DSE_AC("smlabt", "b", "z", wb, "b")
#define DSE_BIAS "ldr %[a], %[bias]\n\t"
#define DSE_FOURS_1                                                                                \
    DSE_FOUR_1("0", "48", "96", "w0", "w1", "a", "a", "a", "a", DSE_BIAS)                          \
    DSE_FOUR_1("16", "64", "112", "w2", "w3", "a", "b", "c", "d", "")                              \
    DSE_FOUR_1("32", "80", "128", "w4", "w5", "a", "b", "c", "d", "")
#define DSE_FOURS_2                                                                                \
    DSE_FOUR_2("0", "48", "96", "144", "192", "w0", "w1", "a", "a", "a", "a", DSE_BIAS)            \
    DSE_FOUR_2("16", "64", "112", "160", "208", "w2", "w3", "a", "b", "c", "d", "")                \
    DSE_FOUR_2("32", "80", "128", "176", "224", "w4", "w5", "a", "b", "c", "d", "")
#define DSE_TWOS(two)                                                                              \
    two("0", "48", "96", "w0", "w1", "a", "a", DSE_BIAS)                                           \
    two("16", "64", "112", "w2", "w3", "a", "b", "")                                               \
    two("32", "80", "128", "w4", "w5", "a", "b", "")
#define DSE_SCALE                                                                                  \
    "ldr %[x], %[multiplier]\n\tldr %[z], %[zero_point]\n\t"
#define DSE_SHIFTED(sum)                                                                           \
    "smmlar %[" sum "], %[" sum "], %[x], %[z]\n\t"
#define DSE_PUT(sum)                                                                               \
    "ssat %[" sum "], #8, %[" sum "]\n\tstrb %[" sum "], [%[x]]\n\tadd %[x], %[x], %[y]\n\t"
/* That of a, and where it goes; a store just behind a load takes no time. */
#define DSE_PUT_FIRST(load)                                                                        \
    "ssat %[a], #8, %[a]\n\tldr %[x], %[out]\n\tldr %[y], %[step]\n\t" load                       \
    "strb %[a], [%[x]]\n\tadd %[x], %[x], %[y]\n\t"
/* All channels: what the registers have no room for lies in memory. */
#define DSE_LANES(fours, twos, four_bytes, two_bytes)                                              \
    __asm__ volatile(                                                                              \
        "0:\n\tldr %[x], %[taps]\n\tldr %[y], %[turn]\n\tldr %[z], %[end]\n\tldr %[p], %[span]\n\t"   \
        "ldr %[a], [%[x], #48]\n\tldr %[b], [%[x], #52]\n\t"              \
        "ldr %[d], %[first]\n\tadd %[y], %[y], %[x]\n\tadd %[x], %[x], #56\n\t"                    \
        "ldr %[w0], [%[y]]\n\tldr %[w1], [%[y], #4]\n\tldr %[w2], [%[y], #8]\n\t"                  \
        "ldr %[w3], [%[y], #12]\n\tldr %[w4], [%[y], #16]\n\tldr %[w5], [%[y], #20]\n\t"           \
        "str %[a], %[bias]\n\tstr %[b], %[multiplier]\n\t"                   \
        "str %[d], %[out]\n\tstr %[x], %[taps]\n\tadd %[d], %[d], #1\n\tstr %[d], %[first]\n\t"      \
        "cmp %[p], #0\n\tsub %[p], %[z], %[p]\n\tbeq 2f\n\t.p2align 2\n1:\n\t" fours DSE_SCALE       \
        DSE_SHIFTED("a") DSE_SHIFTED("b") DSE_SHIFTED("c") DSE_SHIFTED("d")                        \
        DSE_PUT_FIRST("ldr %[z], %[end]\n\t") "add %[p], %[p], #" four_bytes "\n\t"                \
        DSE_PUT("b") DSE_PUT("c") DSE_PUT("d")                                                     \
        "str %[x], %[out]\n\tcmp %[p], %[z]\n\tbne 1b\n"                                           \
        "2:\n\tldr %[d], %[rest]\n\tcmp %[d], #0\n\tbeq 4f\n\t.p2align 2\n3:\n\t" twos             \
        DSE_SCALE DSE_SHIFTED("a") DSE_SHIFTED("b")                                                \
        DSE_PUT_FIRST("") "subs %[d], %[d], #1\n\tbeq 4f\n\t" DSE_PUT("b")                              \
        "subs %[d], %[d], #1\n\tstr %[x], %[out]\n\tadd %[p], %[p], #" two_bytes "\n\tbne 3b\n"    \
        "4:\n\tldr %[z], %[end]\n\tldr %[x], %[taps]\n\tldr %[y], %[last]\n\t"                     \
        "add %[z], %[z], #4\n\tstr %[z], %[end]\n\tcmp %[x], %[y]\n\tbne 0b"                       \
        : [p] "=&r"(p), [w0] "=&r"(w0), [w1] "=&r"(w1), [w2] "=&r"(w2), [w3] "=&r"(w3),            \
          [w4] "=&r"(w4), [w5] "=&r"(w5), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),                \
          [d] "=&r"(d), [x] "=&r"(x), [y] "=&r"(y), [z] "=&r"(z), [taps] "+m"(lanes->taps),        \
          [end] "+m"(lanes->end), [first] "+m"(lanes->first), [bias] "=m"(lanes->bias),            \
          [multiplier] "=m"(lanes->multiplier), [out] "=m"(lanes->out) \
        : [last] "m"(lanes->last), [turn] "m"(lanes->turn), [span] "m"(lanes->span),               \
          [rest] "m"(lanes->rest), [step] "m"(lanes->step), [zero_point] "m"(lanes->zero_point)    \
        : "cc", "memory")

DSE_INLINE void dse_run_lanes(dse_lanes *lanes, int stride)
{
    uint32_t p, w0, w1, w2, w3, w4, w5, a, b, c, d, x, y, z;
    if (stride == 1) {
        DSE_LANES(DSE_FOURS_1, DSE_TWOS(DSE_TWO_1), "96", "48");
    } else {
        DSE_LANES(DSE_FOURS_2, DSE_TWOS(DSE_TWO_2), "192", "96");
    }
}

#else

/* SMMLAR. */
DSE_INLINE int32_t dse_upper_product(int32_t x, int32_t y, int32_t addend)
{
    return (int32_t)(((int64_t)x * y + ((int64_t)1 << 31)) >> 32) + addend;
}

DSE_INLINE int32_t dse_window_sum(const uint32_t *x, int pair_words, const uint32_t *taps,
                                  int is_odd, int32_t sum)
{
    for (int row = 0; row < 3; row++, x += 4, taps += 2) {
        const uint32_t first = x[0], second = x[pair_words];
        if (is_odd) {
            sum = dse_smlad(second, taps[1], dse_smlabb(first >> 16, taps[0], sum));
        } else {
            sum = dse_smlabb(second, taps[1] >> 16, dse_smlad(first, taps[0], sum));
        }
    }
    return sum;
}

DSE_INLINE void dse_run_lanes(dse_lanes *lanes, int stride)
{
    const int words = lanes->span / 4, outputs = words / (2 * stride * DSE_PAIR_WORDS) * 4;
    for (; lanes->taps < lanes->last; lanes->taps += DSE_TAP_WORDS, lanes->end++) {
        const uint32_t *taps = lanes->taps + lanes->turn / 4, *scale = lanes->taps + 12;
        int8_t *to = lanes->first++;
        for (int i = 0; i < outputs + lanes->rest; i++, to += lanes->step) {
            const uint32_t *x = lanes->end - words + i * stride / 2 * DSE_PAIR_WORDS;
            int32_t sum =
                dse_window_sum(x, DSE_PAIR_WORDS, taps, i * stride & 1, (int32_t)scale[0]);
            sum = dse_upper_product(sum, (int32_t)scale[1], lanes->zero_point);
            *to = (int8_t)dse_saturate(sum);
        }
    }
}

#endif

#endif
