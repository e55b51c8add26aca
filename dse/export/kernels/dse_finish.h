/* Dot products to outputs with the DSP extension: dse_output for four at a time. */
#ifndef DSE_FINISH_H
#define DSE_FINISH_H

#include "dse_simd.h"

/* What all channels of a layer share. */
typedef struct {
    int32_t pre_shift, zero_point;
    uint32_t low, high; /* in each byte */
} dse_finish;

DSE_INLINE dse_finish dse_finish_of(const dse_rows *rows)
{
    dse_finish finish = {rows->pre_shift, rows->zero_point, 0x01010101u * (uint8_t)rows->low,
                         0x01010101u * (uint8_t)rows->high};
    return finish;
}

/* A sum as it comes, times 2^down, to an accumulator; `bias` is 0 where the sum began with it. */
DSE_INLINE int32_t dse_lift(int32_t sum, int down, int32_t pre_shift, int32_t bias)
{
    sum >>= down;
    if (pre_shift != 0) {
        sum = (int32_t)((uint32_t)sum << pre_shift);
    }
    return sum + bias;
}

/* An accumulator to -128 to 127; the clamp of the layer is left to dse_limit. */
DSE_INLINE int32_t dse_finish_1(const dse_finish *finish, dse_channel channel, int32_t sum)
{
    return dse_saturate(
        dse_shift_add(dse_scale(sum, channel.multiplier), channel.shift, finish->zero_point));
}

/* The same, multiplier and shift as they lie in a dse_channel. */
DSE_INLINE int32_t dse_finish_scaled(const dse_finish *finish, uint32_t scale, int32_t sum)
{
    return dse_saturate(dse_scale_add(sum, scale, finish->zero_point));
}

DSE_INLINE uint32_t dse_scale_of(const dse_channel *channel)
{
    return *(const dse_word *)(const void *)&channel->shift;
}

/* The clamp of the layer, on four outputs. */
DSE_INLINE uint32_t dse_limit(const dse_finish *finish, uint32_t bytes)
{
    return dse_min_bytes(dse_max_bytes(bytes, finish->low), finish->high);
}

/* Four channels of one pixel, as they are needed for every pixel. */
typedef struct {
    int32_t start[4];   /* of the sums */
    uint32_t factor[4]; /* multiplier and, above it, shift */
    int32_t bias[4];    /* unless the sums started with it */
    int32_t is_plain;   /* the sums are the accumulators */
    dse_finish all;
} dse_four;

DSE_INLINE void dse_four_of(dse_four *four, const dse_rows *rows, int channel, int count, int down)
{
    four->all = dse_finish_of(rows);
    four->is_plain = down == 0 && four->all.pre_shift == 0;
    for (int i = 0; i < 4; i++) {
        const dse_channel one = rows->channels[channel + (i < count ? i : 0)];
        four->start[i] = four->is_plain ? one.bias : 0;
        four->bias[i] = one.bias;
        four->factor[i] = (uint32_t)(uint16_t)one.multiplier | (uint32_t)one.shift << 16;
    }
}

#ifdef DSE_ARMV7EM

#define DSE_END_OF(sum, word)                                                                      \
    "lsr %[t], %[" word "], #16\n\tsmulwb %[" sum "], %[" sum "], %[" word "]\n\t"                 \
    "asrs %[" sum "], %[" sum "], %[t]\n\tadc %[" sum "], %[" sum "], %[z]\n\t"                    \
    "ssat %[" sum "], #8, %[" sum "]\n\t"

DSE_INLINE uint32_t dse_end_four(const dse_four *four, int32_t a, int32_t b, int32_t c, int32_t d)
{
    uint32_t s, t, u, z;
    __asm__("ldr %[s], %[f0]\n\tldr %[u], %[f1]\n\tldr %[z], %[zero_point]\n\t"
            DSE_END_OF("a", "s") DSE_END_OF("b", "u")
            "ldr %[s], %[f2]\n\tldr %[u], %[f3]\n\t"
            DSE_END_OF("c", "s") DSE_END_OF("d", "u")
            "ldr %[s], %[low]\n\tldr %[u], %[high]\n\t"
            "bfi %[a], %[b], #8, #8\n\tbfi %[c], %[d], #8, #8\n\t"
            "pkhbt %[a], %[a], %[c], lsl #16\n\t"
            "ssub8 %[t], %[a], %[s]\n\tsel %[a], %[a], %[s]\n\t"
            "ssub8 %[t], %[a], %[u]\n\tsel %[a], %[u], %[a]"
            : [a] "+&r"(a), [b] "+&r"(b), [c] "+&r"(c), [d] "+&r"(d), [s] "=&r"(s), [t] "=&r"(t),
              [u] "=&r"(u), [z] "=&r"(z)
            : [f0] "m"(four->factor[0]), [f1] "m"(four->factor[1]), [f2] "m"(four->factor[2]),
              [f3] "m"(four->factor[3]), [zero_point] "m"(four->all.zero_point),
              [low] "m"(four->all.low), [high] "m"(four->all.high)
            : "cc");
    return (uint32_t)a;
}

#else

DSE_INLINE int32_t dse_end_one(const dse_four *four, int i, int32_t sum)
{
    const dse_channel channel = {0, (uint16_t)(four->factor[i] >> 16), (int16_t)four->factor[i]};
    return dse_finish_1(&four->all, channel, sum);
}

DSE_INLINE uint32_t dse_end_four(const dse_four *four, int32_t a, int32_t b, int32_t c, int32_t d)
{
    return dse_limit(&four->all, dse_bytes(dse_end_one(four, 0, a), dse_end_one(four, 1, b),
                                           dse_end_one(four, 2, c), dse_end_one(four, 3, d)));
}

#endif

DSE_INLINE uint32_t dse_finish_four(const dse_four *four, const int32_t sum[4], int down)
{
    int32_t a = sum[0], b = sum[1], c = sum[2], d = sum[3];
    if (!four->is_plain) {
        const int32_t pre_shift = four->all.pre_shift;
        a = dse_lift(a, down, pre_shift, four->bias[0]);
        b = dse_lift(b, down, pre_shift, four->bias[1]);
        c = dse_lift(c, down, pre_shift, four->bias[2]);
        d = dse_lift(d, down, pre_shift, four->bias[3]);
    }
    return dse_end_four(four, a, b, c, d);
}

#endif
