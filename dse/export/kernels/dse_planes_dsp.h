/* Rows of an image and weights as pairs of 16-bit neighbours, four channels apart: the planes and the
 * taps of dse_depthwise3_dsp.h. */
#ifndef DSE_PLANES_DSP_H
#define DSE_PLANES_DSP_H

#include "dse_patch.h"
#include "dse_simd.h"

enum {
    DSE_PAIR_WORDS = 12, /* from one pair of columns to the next */
    DSE_TAP_WORDS = 14,  /* of a channel: (w0, w1) and (w1, w2) of three rows, twice over; scale */
    DSE_MOST_PRE_SHIFT = 8,
    DSE_MOST_SHIFT = 16
};

/* The first `count` of four bytes. */
DSE_INLINE uint32_t dse_load_some(const int8_t *from, int count)
{
    uint32_t word = 0;
    for (int i = 0; i < count; i++) {
        word |= (uint32_t)(uint8_t)from[i] << (8 * i);
    }
    return word;
}

/* Bytes of two words to pairs: byte i of both at to[step * i]. */
DSE_INLINE void dse_transpose_pair(uint32_t first, uint32_t second, uint32_t *to, int step)
{
    const uint32_t low = dse_pack_low(first, second), high = dse_pack_high(first, second);
    to[0] = dse_sxtb16(low);
    to[step] = dse_sxtb16_ror8(low);
    to[2 * step] = dse_sxtb16(high);
    to[3 * step] = dse_sxtb16_ror8(high);
}

/* `count` pairs of the same value. */
DSE_INLINE uint32_t *dse_fill_pairs(uint32_t *to, uint32_t value, int count)
{
    for (; count > 0; count--, to += DSE_PAIR_WORDS) {
        to[0] = value;
        to[1] = value;
        to[2] = value;
        to[3] = value;
    }
    return to;
}

#ifdef DSE_ARMV7EM

#define DSE_PAIR(first, second, at)                                                                \
    "pkhbt %[e], %[" first "], %[" second "], lsl #16\n\t"                                         \
    "pkhtb %[" second "], %[" second "], %[" first "], asr #16\n\t"                                \
    "sxtb16 %[" first "], %[e]\n\tsxtb16 %[e], %[e], ror #8\n\t"                                   \
    "str %[" first "], [%[to], #" at "]\n\tstr %[e], [%[to], #" at "+4]\n\t"                       \
    "sxtb16 %[" first "], %[" second "]\n\tsxtb16 %[" second "], %[" second "], ror #8\n\t"        \
    "str %[" first "], [%[to], #" at "+8]\n\tstr %[" second "], [%[to], #" at "+12]\n\t"

/* Twice `count` pairs of pixels that lie `step` bytes apart. */
DSE_INLINE void dse_transpose_fours(const int8_t *from, int step, int count, uint32_t *to)
{
    const int8_t *next = from + 2 * step;
    uint32_t a, b, c, d, e;
    __asm__ volatile(".p2align 2\n1:\n\t"
                     "ldr %[a], [%[from]]\n\tldr %[b], [%[from], %[step]]\n\t"
                     "ldr %[c], [%[next]]\n\tldr %[d], [%[next], %[step]]\n\t"
                     "add %[from], %[from], %[step], lsl #2\n\t"
                     "add %[next], %[next], %[step], lsl #2\n\t" DSE_PAIR("a", "b", "0")
                     DSE_PAIR("c", "d", "48")
                     "subs %[count], %[count], #1\n\tadd %[to], %[to], #96\n\tbne 1b"
                     : [from] "+&r"(from), [next] "+&r"(next), [to] "+&r"(to),
                       [count] "+&r"(count), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
                       [d] "=&r"(d), [e] "=&r"(e)
                     : [step] "r"(step)
                     : "cc", "memory");
}

#else

DSE_INLINE void dse_transpose_fours(const int8_t *from, int step, int count, uint32_t *to)
{
    for (int i = 2 * count; i > 0; i--, from += 2 * step, to += DSE_PAIR_WORDS) {
        dse_transpose_pair(dse_load(from), dse_load(from + step), to, 1);
    }
}

#endif

/* How the pairs of a row come about, the same for all rows of the image. */
typedef struct {
    uint32_t pad;      /* in each byte */
    int32_t step;      /* bytes from pixel to pixel */
    int32_t pairs;     /* in all */
    int32_t lead;      /* of padding, in front of the image */
    int32_t is_halved; /* whether the next pair is a padding and a pixel */
    int32_t fours;     /* then so many four pixels */
    int32_t rest;      /* then so many pixels */
    int32_t tail;      /* pairs of padding behind those */
} dse_row_plan;

DSE_INLINE dse_row_plan dse_row_plan_of(const dse_window *w, int pairs)
{
    const int left = w->left, room = 2 * pairs - left;
    const int inside = room < 0 ? 0 : room < w->in_width ? room : w->in_width;
    const int pixels = inside - (inside > 0 ? left & 1 : 0);
    const int lead = inside > 0 ? left >> 1 : pairs;
    dse_row_plan plan = {.pad = 0x01010101u * (uint8_t)w->pad,
                         .step = w->channels,
                         .pairs = pairs,
                         .lead = lead,
                         .is_halved = inside - pixels,
                         .fours = pixels >> 2,
                         .rest = pixels & 3,
                         .tail = pairs - lead - (inside - pixels) - ((pixels + 1) >> 1)};
    return plan;
}

/* A row of the image as pairs, padding included: four channels from `from` on. */
DSE_INLINE void dse_transpose_row(const dse_row_plan *plan, const int8_t *from, int is_inside,
                                  uint32_t *to)
{
    const uint32_t pad = plan->pad;
    const int step = plan->step;
    int padding = plan->pairs;
    if (is_inside) {
        to = dse_fill_pairs(to, dse_sxtb16(pad), plan->lead);
        if (plan->is_halved) {
            dse_transpose_pair(pad, dse_load(from), to, 1);
            from += step;
            to += DSE_PAIR_WORDS;
        }
        if (plan->fours > 0) {
            dse_transpose_fours(from, step, plan->fours, to);
            from += plan->fours * 4 * step;
            to += plan->fours * 2 * DSE_PAIR_WORDS;
        }
        for (int rest = plan->rest; rest > 0; rest -= 2, to += DSE_PAIR_WORDS) {
            dse_transpose_pair(dse_load(from), rest > 1 ? dse_load(from + step) : pad, to, 1);
            from += 2 * step;
        }
        padding = plan->tail;
    }
    dse_fill_pairs(to, dse_sxtb16(pad), padding);
}

/* Bytes divided by 2^down, the bits that go being 0. */
DSE_INLINE uint32_t dse_lower_bytes(uint32_t word, int down)
{
    const uint32_t sign = 0x80808080u >> down, all = 0x80808080u;
    if (down == 0) {
        return word;
    }
    word = word >> down & (2 * sign - 0x01010101u);
    return (((word ^ sign) | all) - sign) ^ all;
}

/* Both halves times 2^shift. */
DSE_INLINE uint32_t dse_raise_pair(uint32_t pair, int shift)
{
    return (pair << shift & 0xFFFFu) | (pair & 0xFFFF0000u) << shift;
}

/* A tap of up to four channels as bytes. */
DSE_INLINE uint32_t dse_tap_bytes(const uint8_t *tap, int count, int bits, int step, int down)
{
    const uint32_t word = count < 4 && bits == 8 ? dse_load_some((const int8_t *)tap, count)
                                                 : dse_load(tap);
    return dse_lower_bytes(dse_weights(word, bits, step), down);
}

/* The weights of up to four channels, times 2^pre_shift, and how they are rescaled: the one rounding of
 * (sum * multiplier) / 2^(16 + shift) is that of a product of 32 bits to its upper half. A channel
 * takes `words` words; DSE_TAP_WORDS hold the weights twice. */
DSE_INLINE void dse_transpose_taps(const dse_conv_params *p, int channel, int count, int bits,
                                   int words, uint32_t *to)
{
    const int channels = p->window.channels, per_word = 32 / bits, pre_shift = p->rows.pre_shift;
    const int step = channel % per_word / 4, room = 8 - bits;
    /* Weights of few bits come as bytes times 2^room. */
    const int down = pre_shift < room ? room - pre_shift : 0, shift = pre_shift - room + down;
    const uint32_t row_bytes = dse_row_bytes((uint32_t)channels, bits);
    const uint8_t *tap = p->rows.weights;
    tap += bits == 8 ? channel : channel / per_word * 4;
    for (int row = 0; row < 3; row++, tap += 3 * row_bytes) {
        const uint32_t a = dse_tap_bytes(tap, count, bits, step, down);
        const uint32_t b = dse_tap_bytes(tap + row_bytes, count, bits, step, down);
        const uint32_t c = dse_tap_bytes(tap + 2 * row_bytes, count, bits, step, down);
        DSE_KEEP_LOOP();
        dse_transpose_pair(a, b, to + 2 * row, words);
        dse_transpose_pair(b, c, to + 2 * row + 1, words);
        if (words == DSE_TAP_WORDS) {
            dse_transpose_pair(a, b, to + 2 * row + 6, words);
            dse_transpose_pair(b, c, to + 2 * row + 7, words);
        }
    }
    for (int i = 0; shift > 0 && i < 4 * words; i++) {
        to[i] = dse_raise_pair(to[i], shift);
    }
    for (int i = 0; i < count; i++) {
        const dse_channel one = p->rows.channels[channel + i];
        uint32_t *scale = to + (i + 1) * words - 2;
        scale[0] = (uint32_t)one.bias;
        scale[1] = (uint32_t)one.multiplier << (DSE_MOST_SHIFT - one.shift);
    }
}

#endif
