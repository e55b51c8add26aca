/* Four pixels times all pairs of weight rows, to the stored outputs: one loop in assembly, since it
 * needs all registers from end to end. What they have no room for lies in memory. */
#ifndef DSE_BLOCK_DSP_H
#define DSE_BLOCK_DSP_H

#include "dse_finish.h"
#include "dse_look_dsp.h"

/* What four pixels need that is the same for all of them, and where the next ones are. */
typedef struct {
    const uint32_t *x;          /* inputs: of four pixels in turn, word by word */
    const uint32_t *most, *end; /* where they stop: at a multiple of four groups, and at the end */
    int32_t quads;              /* fours of groups */
    const dse_channel *channel; /* the next one */
    int8_t *out;                /* its output */
    const int8_t *stop;         /* behind the last pair of outputs of the first pixel */
    int32_t stride;             /* from pixel to pixel */
    int32_t special;            /* pre_shift, and DSE_LARGE where a shift is */
    int32_t offset;             /* of the outputs: zero point less the smallest output */
    uint32_t room, base; /* in each byte: 255 less the largest of those; then added to all */
    const uint32_t *table;      /* see dse_look_dsp.h */
} dse_block;

/* Shifts from this on have no multiplier of 32 bits. */
enum { DSE_LARGE_SHIFT = 17, DSE_LARGE = 256 };

/* The sums are times two to this. */
DSE_INLINE int dse_down(int bits)
{
    return bits < 0 ? 0 : 8 - bits;
}

/* What is the same for all pixels. */
DSE_INLINE void dse_begin_blocks(dse_block *block, const dse_rows *rows, const uint32_t *x,
                                 uint32_t groups, int bits)
{
    const uint32_t room = (uint32_t)(255 - rows->high + rows->low);
    int special = rows->pre_shift;
    for (int i = 0; i < rows->outputs; i++) {
        special |= rows->channels[i].shift >= DSE_LARGE_SHIFT ? DSE_LARGE : 0;
    }
    block->x = x;
    block->most = x + 8 * (groups & ~3u);
    block->end = x + 8 * groups;
    block->quads = (int32_t)(groups / 4);
    block->special = special;
    block->offset = rows->zero_point - rows->low;
    block->room = 0x01010101u * room;
    block->base = 0x01010101u * (((uint32_t)rows->low - room) & 255u);
    if (bits < 0) {
        block->table = DSE_TABLE;
    }
}

#ifdef DSE_ARMV7EM

#define DSE_EACH(op, tail)                                                                         \
    op " %[p0], %[p0], " tail "\n\t" op " %[p1], %[p1], " tail "\n\t" op " %[p2], %[p2], " tail    \
    "\n\t" op " %[p3], %[p3], " tail "\n\t"
#define DSE_EACH_ODD(op, tail)                                                                     \
    op " %[q0], %[q0], " tail "\n\t" op " %[q1], %[q1], " tail "\n\t" op " %[q2], %[q2], " tail    \
    "\n\t" op " %[q3], %[q3], " tail "\n\t"
#define DSE_UP DSE_EACH("lsl", "%[t]") DSE_EACH_ODD("lsl", "%[t]")
/* The sums begin with the biases, on their way through the first tile. */
#define DSE_START_8                                                                                \
    "ldr %[b], %[channel]\n\tldr %[x], %[first]\n\tldr %[p0], [%[b]]\n\tldr %[q0], [%[b], #8]\n\t" \
    DSE_WORD("t", "w", "4") DSE_X("a", "24") DSE_X("b", "28") DSE_SPLIT                            \
    DSE_FROM("p2", "a", "s", "p0") DSE_FROM("p3", "b", "s", "p0")                                  \
    DSE_FROM("q2", "a", "t", "q0") DSE_FROM("q3", "b", "t", "q0") DSE_X("a", "16") DSE_X("b", "20")\
    DSE_FROM("p1", "b", "s", "p0") DSE_MAC("p0", "a", "s")                                         \
    DSE_FROM("q1", "b", "t", "q0") DSE_MAC("q0", "a", "t")
#define DSE_LIFT_8 "cmp %[t], #0\n\tbne 7f\n6:\n\t"
/* A left shift takes too much of the biases along. */
#define DSE_EXCESS(at) "ldr %[s], [%[a], #" at "]\n\tlsl %[b], %[s], %[t]\n\tsub %[s], %[s], %[b]\n\t"
#define DSE_ASIDE_8                                                                                \
    "7:\n\t" DSE_UP DSE_EXCESS("0") DSE_EACH("add", "%[s]")                                        \
    DSE_EXCESS("8") DSE_EACH_ODD("add", "%[s]") DSE_SCALES "beq 6b\n"
#define DSE_COPY(to, from) "mov %[" to "], %[" from "]\n\t"
#define DSE_COPIES                                                                                 \
    DSE_COPY("p1", "p0") DSE_COPY("p2", "p0") DSE_COPY("p3", "p0")                                 \
    DSE_COPY("q1", "q0") DSE_COPY("q2", "q0") DSE_COPY("q3", "q0")
#define DSE_START_LOOK                                                                             \
    "ldr %[b], %[channel]\n\tldr %[x], %[first]\n\tldr %[p0], [%[b]]\n\tldr %[q0], [%[b], #8]\n\t" \
    "ldr %[b], %[table]\n\t" DSE_COPIES
/* Fewer bits: the sums are times 2^down. */
#define DSE_START_LESS "ldr %[x], %[first]\n\tmov %[p0], #0\n\tmov %[q0], #0\n\t" DSE_COPIES
#define DSE_LIFT_LESS(down)                                                                        \
    DSE_EACH("asr", "#" down) DSE_EACH_ODD("asr", "#" down)                                        \
    "tst %[t], #255\n\tbeq 6f\n\t" DSE_UP "6:\n\tldr %[s], [%[a]]\n\tldr %[b], [%[a], #8]\n\t"     \
    DSE_EACH("add", "%[s]") DSE_EACH_ODD("add", "%[b]") DSE_SCALES "bne 10f\n\t"
/* From sums to outputs less the smallest one, times multipliers of 32 bits: those of the channels,
 * times 2^16 and shifted by the byte below them. See dse_depthwise3_dsp.h. Large shifts go the long
 * way. */
#define DSE_SCALES "ldr %[s], [%[a], #4]\n\tldr %[b], [%[a], #12]\n\ttst %[t], #256\n\t"
#define DSE_LONG_WAY(sum, scale)                                                                   \
    "smulwt %[" sum "], %[" sum "], %[" scale "]\n\tasrs %[" sum "], %[" sum "], %[" scale "]\n\t" \
    "adc %[" sum "], %[" sum "], %[x]\n\t"
#define DSE_UPPER(sum, scale) "smmlar %[" sum "], %[" sum "], %[" scale "], %[x]\n\t"
#define DSE_NARROW(sum, scale) "usat %[" sum "], #8, %[" sum "]\n\t"
#define DSE_EIGHT(op)                                                                              \
    op("p0", "s") op("p1", "s") op("p2", "s") op("p3", "s")                                        \
    op("q0", "b") op("q1", "b") op("q2", "b") op("q3", "b")
/* Saturates at the largest output, and back to where the outputs lie. */
#define DSE_LIMIT(sums)                                                                            \
    "uqadd8 %[" sums "], %[" sums "], %[s]\n\tuadd8 %[" sums "], %[" sums "], %[t]\n\t"

/* A store just behind a load takes no time. */
#define DSE_BLOCKS(start, loops, lift, aside)                                                      \
    __asm__ volatile(                                                                              \
        ".p2align 2\n0:\n\t" start loops                                                           \
        "ldr %[a], %[channel]\n\tldr %[t], %[special]\n\tldr %[x], %[offset]\n\t"                  \
        "ldr %[s], [%[a], #4]\n\tldr %[b], [%[a], #12]\n\t" lift                                   \
        "lsr %[s], %[s], %[s]\n\tlsr %[b], %[b], %[b]\n\t" DSE_EIGHT(DSE_UPPER)                    \
        "11:\n\tadd %[a], %[a], #16\n\t" DSE_EIGHT(DSE_NARROW)                                     \
        "bfi %[p0], %[q0], #8, #8\n\tbfi %[p1], %[q1], #8, #8\n\t"                                 \
        "bfi %[p2], %[q2], #8, #8\n\tbfi %[p3], %[q3], #8, #8\n\t"                                 \
        "ldr %[s], %[room]\n\tldr %[t], %[base]\n\tldr %[x], %[out]\n\tldr %[b], %[stride]\n\t"    \
        "ldr %[q1], %[stop]\n\tstr %[a], %[channel]\n\t"                                           \
        "pkhbt %[p0], %[p0], %[p1], lsl #16\n\tpkhbt %[p2], %[p2], %[p3], lsl #16\n\t"             \
        DSE_LIMIT("p0") DSE_LIMIT("p2")                                                            \
        "lsr %[p1], %[p0], #16\n\tlsr %[p3], %[p2], #16\n\t"                                       \
        "add %[q0], %[x], %[b]\n\tadd %[q2], %[x], %[b], lsl #1\n\tstrh %[p0], [%[x]], #2\n\t"     \
        "strh %[p1], [%[q0]]\n\tstrh %[p2], [%[q2]]\n\tstrh %[p3], [%[q2], %[b]]\n\t"              \
        "str %[x], %[out]\n\tcmp %[x], %[q1]\n\tbne 0b\n\tb 9f\n" aside                            \
        "10:\n\t" DSE_EIGHT(DSE_LONG_WAY) "b 11b\n9:"                                              \
        : [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), [q0] "=&r"(q0),          \
          [q1] "=&r"(q1), [q2] "=&r"(q2), [q3] "=&r"(q3), [x] "=&r"(x), [w] "+&r"(w),              \
          [a] "=&r"(a), [b] "=&r"(b), [s] "=&r"(s), [t] "=&r"(t),                                  \
          [channel] "+m"(block->channel), [out] "+m"(block->out)                                   \
        : [first] "m"(block->x), [most] "m"(block->most), [end] "m"(block->end),                   \
          [quads] "m"(block->quads), [stop] "m"(block->stop), [stride] "m"(block->stride),         \
          [special] "m"(block->special), [offset] "m"(block->offset), [room] "m"(block->room),     \
          [base] "m"(block->base), [table] "m"(block->table)                                       \
        : "cc", "memory")

/* All pairs up to `stop`; returns the weights behind them. */
DSE_INLINE const uint8_t *dse_run_block(dse_block *block, const uint8_t *w, int bits)
{
    uint32_t p0, p1, p2, p3, q0, q1, q2, q3, x, a, b, s, t;
    if (bits == 8) {
        DSE_BLOCKS(DSE_START_8, DSE_LOOPS_8, DSE_LIFT_8, DSE_ASIDE_8);
    } else if (bits == DSE_P4) {
        DSE_BLOCKS(DSE_START_LOOK, DSE_LOOPS_P4, DSE_LIFT_8, DSE_ASIDE_8);
    } else if (bits == DSE_P3) {
        DSE_BLOCKS(DSE_START_LOOK, DSE_LOOPS_P3, DSE_LIFT_8, DSE_ASIDE_8);
    } else if (bits == 4) {
        DSE_BLOCKS(DSE_START_LESS, DSE_LOOPS_4, DSE_LIFT_LESS("4"), "");
    } else {
        DSE_BLOCKS(DSE_START_LESS, DSE_LOOPS_2, DSE_LIFT_LESS("6"), "");
    }
    return w;
}

/* All outputs of four pixels that follow each other; their inputs lie in turn, word by word. A last row
 * without a partner has itself for one, and its outputs come by way of `last`. */
DSE_INLINE void dse_rows_dsp_4(const dse_rows *rows, dse_block *block, int bits, int stride,
                                  int8_t *out)
{
    const uint8_t *w = rows->weights;
    const int outputs = rows->outputs, pairs = outputs & ~1;
    dse_channel channels[2];
    int8_t last[8];
    block->channel = rows->channels;
    block->out = out;
    block->stop = out + pairs;
    block->stride = stride;
    for (int left = outputs; left > 0; left = left > 1 ? left & 1 : 0) {
        if (left == 1) {
            channels[0] = channels[1] = rows->channels[pairs];
            block->channel = channels;
            block->out = last;
            block->stop = last + 2;
            block->stride = 2;
        }
        w = dse_run_block(block, w, bits);
        if (left == 1) {
            for (int i = 0; i < 4; i++) {
                out[pairs + i * stride] = last[2 * i];
            }
        }
    }
}

#else

DSE_INLINE void dse_rows_dsp_4(const dse_rows *rows, const dse_block *block, int bits, int stride,
                               int8_t *out)
{
    const uint8_t *w = rows->weights;
    const uint32_t *const ends[2] = {block->most, block->end};
    const dse_finish finish = dse_finish_of(rows);
    for (int row = 0; row < rows->outputs; row += 2) {
        int32_t sums[2][4] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
        w = bits < 0 ? dse_look_4x2(block->x, w, ends, bits, sums[0], sums[1])
                     : dse_dot_4x2(block->x, w, ends, bits, sums[0], sums[1]);
        for (int i = 0; i < 8 && row + i / 4 < rows->outputs; i++) {
            const dse_channel one = rows->channels[row + i / 4];
            const int32_t sum =
                dse_lift(sums[i / 4][i % 4], dse_down(bits), finish.pre_shift, one.bias);
            out[row + i / 4 + i % 4 * stride] =
                (int8_t)dse_clamp(dse_finish_1(&finish, one, sum), rows->low, rows->high);
        }
    }
}

#endif

#endif
