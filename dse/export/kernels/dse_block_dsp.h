/* Four pixels times all pairs of weight rows, to the stored outputs: one loop in assembly, since it
 * needs all registers from end to end. What they have no room for lies in memory. */
#ifndef DSE_BLOCK_DSP_H
#define DSE_BLOCK_DSP_H

#include "dse_dot_dsp.h"
#include "dse_finish.h"

#ifdef DSE_ARMV7EM

#define DSE_EACH(op, tail)                                                                         \
    op " %[p0], %[p0], " tail "\n\t" op " %[p1], %[p1], " tail "\n\t" op " %[p2], %[p2], " tail    \
    "\n\t" op " %[p3], %[p3], " tail "\n\t"
#define DSE_EACH_ODD(op, tail)                                                                     \
    op " %[q0], %[q0], " tail "\n\t" op " %[q1], %[q1], " tail "\n\t" op " %[q2], %[q2], " tail    \
    "\n\t" op " %[q3], %[q3], " tail "\n\t"
#define DSE_COPY(to, from) "mov %[" to "], %[" from "]\n\t"
#define DSE_COPIES                                                                                 \
    DSE_COPY("p1", "p0") DSE_COPY("p2", "p0") DSE_COPY("p3", "p0")                                 \
    DSE_COPY("q1", "q0") DSE_COPY("q2", "q0") DSE_COPY("q3", "q0")
#define DSE_UP DSE_EACH("lsl", "%[t]") DSE_EACH_ODD("lsl", "%[t]")
/* 8 bits: the sums begin with as much of the bias as a left shift leaves whole; the rest of it is
 * added where there is one. */
#define DSE_START_8                                                                                \
    "ldr %[p0], [%[a]]\n\tldr %[q0], [%[a], %[b]]\n\t"                                             \
    "asr %[p0], %[p0], %[t]\n\tasr %[q0], %[q0], %[t]\n\t" DSE_COPIES
#define DSE_LIFT_8 "cmp %[t], #0\n\tbne 7f\n6:\n\t"
#define DSE_REST(at) "ldr %[s], " at "\n\tlsr %[x], %[s], %[t]\n\tlsl %[x], %[x], %[t]\n\tsub %[s], %[s], %[x]\n\t"
#define DSE_ASIDE_8                                                                                \
    "7:\n\t" DSE_UP DSE_REST("[%[a]]") DSE_EACH("add", "%[s]")                                     \
    DSE_REST("[%[a], %[b]]") DSE_EACH_ODD("add", "%[s]") "b 6b\n"
/* Fewer bits: the sums are times 2^down. */
#define DSE_START_LESS "mov %[p0], #0\n\tmov %[q0], #0\n\t" DSE_COPIES
#define DSE_LIFT_LESS(down)                                                                        \
    DSE_EACH("asr", "#" down) DSE_EACH_ODD("asr", "#" down)                                        \
    "cmp %[t], #0\n\tbeq 6f\n\t" DSE_UP "6:\n\tldr %[x], [%[a]]\n\tldr %[s], [%[a], %[b]]\n\t"     \
    DSE_EACH("add", "%[x]") DSE_EACH_ODD("add", "%[s]")
/* From sums to outputs, times a multiplier of 32 bits made of the channel's: see
 * dse_depthwise3_dsp.h. Shifts above 16 go the long way, `large`. */
#define DSE_SCALED(each, large, back)                                                              \
    "lsr %[t], %[s], #16\n\trsbs %[t], %[t], #16\n\tbmi " large "f\n\tuxth %[s], %[s]\n\t"          \
    "lsl %[s], %[s], %[t]\n\t" each "\n" back ":\n\t"
#define DSE_LONG_WAY(sum)                                                                          \
    "smulwb %[" sum "], %[" sum "], %[s]\n\tasrs %[" sum "], %[" sum "], %[t]\n\t"                  \
    "adc %[" sum "], %[" sum "], %[x]\n\t"
#define DSE_LARGE(large, each, back) large ":\n\trsb %[t], %[t], #16\n\t" each "b " back "b\n"
#define DSE_UPPER(sum) "smmlar %[" sum "], %[" sum "], %[s], %[x]\n\t"
#define DSE_NARROW(sum) "ssat %[" sum "], #8, %[" sum "]\n\t"
#define DSE_FOUR_P(op) op("p0") op("p1") op("p2") op("p3")
#define DSE_FOUR_Q(op) op("q0") op("q1") op("q2") op("q3")
#define DSE_LIMIT(sums)                                                                            \
    "ssub8 %[q0], %[" sums "], %[s]\n\tsel %[" sums "], %[" sums "], %[s]\n\t"                    \
    "ssub8 %[q0], %[" sums "], %[t]\n\tsel %[" sums "], %[t], %[" sums "]\n\t"
#define DSE_ENDS                                                                                   \
    "ldr %[x], %[zero_point]\n\tldr %[s], [%[a], #4]\n\tadd %[b], %[b], %[a]\n\t"                  \
    DSE_SCALED(DSE_FOUR_P(DSE_UPPER), "10", "11") DSE_FOUR_P(DSE_NARROW)                           \
    "ldr %[s], [%[b], #4]\n\tadd %[a], %[a], #16\n\t"                                             \
    DSE_SCALED(DSE_FOUR_Q(DSE_UPPER), "12", "13") DSE_FOUR_Q(DSE_NARROW)
#define DSE_LARGE_ENDS                                                                             \
    DSE_LARGE("10", DSE_FOUR_P(DSE_LONG_WAY), "11") DSE_LARGE("12", DSE_FOUR_Q(DSE_LONG_WAY), "13")

#define DSE_BLOCKS(start, loops, lift, aside)                                                      \
    __asm__ volatile(                                                                              \
        ".p2align 2\n0:\n\tldr %[x], %[first]\n\tldr %[a], %[channel]\n\tldr %[b], %[odd]\n\t"     \
        "ldr %[t], %[pre_shift]\n\t" start loops                                                   \
        "ldr %[a], %[channel]\n\tldr %[b], %[odd]\n\tldr %[t], %[pre_shift]\n\t" lift              \
        DSE_ENDS "str %[a], %[channel]\n\t"                                                      \
        "bfi %[p0], %[q0], #8, #8\n\tbfi %[p1], %[q1], #8, #8\n\t"                                 \
        "bfi %[p2], %[q2], #8, #8\n\tbfi %[p3], %[q3], #8, #8\n\t"                                 \
        "ldr %[s], %[low]\n\tldr %[t], %[high]\n\tldr %[x], %[out]\n\tldr %[a], %[stride]\n\t"     \
        "ldr %[b], %[odd]\n\tldr %[q1], %[stop]\n\t"                                               \
        "pkhbt %[p0], %[p0], %[p1], lsl #16\n\tpkhbt %[p2], %[p2], %[p3], lsl #16\n\t"             \
        DSE_LIMIT("p0") DSE_LIMIT("p2")                                                            \
        "lsr %[p1], %[p0], #16\n\tlsr %[p3], %[p2], #16\n\tadd %[q2], %[x], %[a], lsl #1\n\t"      \
        "cmp %[b], #0\n\tbeq 8f\n\tstrh %[p0], [%[x]]\n\tstrh %[p1], [%[x], %[a]]\n\t"             \
        "strh %[p2], [%[q2]]\n\tstrh %[p3], [%[q2], %[a]]\n\tadds %[x], %[x], #2\n\t"              \
        "str %[x], %[out]\n\tcmp %[x], %[q1]\n\tbne 0b\n\tb 9f\n" aside DSE_LARGE_ENDS                           \
        "8:\n\tstrb %[p0], [%[x]]\n\tstrb %[p1], [%[x], %[a]]\n\tstrb %[p2], [%[q2]]\n\t"          \
        "strb %[p3], [%[q2], %[a]]\n9:"                                                            \
        : [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), [q0] "=&r"(q0),          \
          [q1] "=&r"(q1), [q2] "=&r"(q2), [q3] "=&r"(q3), [x] "=&r"(x), [w] "+&r"(w),              \
          [a] "=&r"(a), [b] "=&r"(b), [s] "=&r"(s), [t] "=&r"(t),                                  \
          [channel] "+m"(block->channel), [out] "+m"(block->out)                                   \
        : [first] "m"(block->x), [most] "m"(block->most), [end] "m"(block->end),                   \
          [odd] "m"(block->odd), [stop] "m"(block->stop), [stride] "m"(block->stride),             \
          [pre_shift] "m"(block->all.pre_shift), [zero_point] "m"(block->all.zero_point),          \
          [low] "m"(block->all.low), [high] "m"(block->all.high)                                   \
        : "cc", "memory")

typedef struct {
    const uint32_t *x;          /* inputs: of four pixels in turn, word by word */
    const uint32_t *most, *end; /* where they stop: at a multiple of four groups, and at the end */
    const dse_channel *channel; /* the next one */
    int8_t *out;                /* its output */
    const int8_t *stop;         /* behind the last pair of outputs of the first pixel */
    int32_t stride;             /* from pixel to pixel */
    int32_t odd;                /* bytes to the second channel of a pair; 0: a single one */
    dse_finish all;
} dse_block;

/* All pairs up to `stop`, or a single row; returns the weights behind them. */
DSE_INLINE const uint8_t *dse_run_block(dse_block *block, const uint8_t *w, int bits)
{
    uint32_t p0, p1, p2, p3, q0, q1, q2, q3, x, a, b, s, t;
    if (bits == 8) {
        DSE_BLOCKS(DSE_START_8, DSE_LOOPS_8, DSE_LIFT_8, DSE_ASIDE_8);
    } else if (bits == 4) {
        DSE_BLOCKS(DSE_START_LESS, DSE_LOOPS_4, DSE_LIFT_LESS("4"), "");
    } else {
        DSE_BLOCKS(DSE_START_LESS, DSE_LOOPS_2, DSE_LIFT_LESS("6"), "");
    }
    return w;
}

/* All outputs of four pixels that follow each other. */
DSE_INLINE void dse_block_of_rows(const dse_rows *rows, const uint32_t *x, int bits,
                                  uint32_t groups, uint32_t stride, int8_t *out)
{
    const uint8_t *w = rows->weights;
    const int outputs = rows->outputs, pairs = outputs & ~1;
    dse_block block = {.x = x,
                       .most = x + 8 * (groups & ~3u),
                       .end = x + 8 * groups,
                       .channel = rows->channels,
                       .out = out,
                       .stop = out + pairs,
                       .stride = (int32_t)stride,
                       .odd = pairs > 0 ? (int32_t)sizeof(dse_channel) : 0,
                       .all = dse_finish_of(rows)};
    for (int left = outputs; left > 0; left = block.odd > 0 ? left - pairs : 0) {
        if (left == 1) {
            block.odd = 0;
        }
        w = dse_run_block(&block, w, bits);
    }
}

#endif

#endif
