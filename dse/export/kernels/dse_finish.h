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
    int32_t half = (int32_t)((1u << channel.shift) >> 1);
    sum = dse_scale_add(sum, channel.multiplier, half) >> channel.shift;
    return dse_saturate(sum + finish->zero_point);
}

/* The clamp of the layer, on four outputs. */
DSE_INLINE uint32_t dse_limit(const dse_finish *finish, uint32_t bytes)
{
    return dse_min_bytes(dse_max_bytes(bytes, finish->low), finish->high);
}

#ifdef DSE_ARMV7EM

/* The last bit that a shift drops is the carry: adding it rounds half up. */
#define DSE_END(sum)                                                                               \
    "smulwb %[" sum "], %[" sum "], %[s]\n\tasrs %[" sum "], %[" sum "], %[t]\n\t"                  \
    "adc %[" sum "], %[" sum "], %[z]\n\tssat %[" sum "], #8, %[" sum "]\n\t"
#define DSE_CLAMP(sums)                                                                            \
    "ssub8 %[z], %[" sums "], %[s]\n\tsel %[" sums "], %[" sums "], %[s]\n\t"                      \
    "ssub8 %[z], %[" sums "], %[t]\n\tsel %[" sums "], %[t], %[" sums "]\n\t"

/* Four accumulators of two channels each; the outputs, in turn, are bytes of words[0] and [1]. */
DSE_INLINE void dse_finish_8(const dse_finish *finish, const dse_channel *even,
                             const dse_channel *odd, int32_t p[4], int32_t q[4], uint32_t words[2])
{
    uint32_t s, t, z;
    __asm__("ldr %[s], [%[even], #4]\n\tldr %[z], %[zero_point]\n\tlsr %[t], %[s], #16\n\t"
            DSE_END("p0") DSE_END("p1") DSE_END("p2") DSE_END("p3")
            "ldr %[s], [%[odd], #4]\n\tlsr %[t], %[s], #16\n\t"
            DSE_END("q0") DSE_END("q1") DSE_END("q2") DSE_END("q3")
            "ldr %[s], %[low]\n\tldr %[t], %[high]\n\t"
            "bfi %[p0], %[q0], #8, #8\n\tbfi %[p1], %[q1], #8, #8\n\t"
            "bfi %[p2], %[q2], #8, #8\n\tbfi %[p3], %[q3], #8, #8\n\t"
            "pkhbt %[p0], %[p0], %[p1], lsl #16\n\tpkhbt %[p2], %[p2], %[p3], lsl #16\n\t"
            DSE_CLAMP("p0") DSE_CLAMP("p2")
            : [p0] "+r"(p[0]), [p1] "+r"(p[1]), [p2] "+r"(p[2]), [p3] "+r"(p[3]), [q0] "+r"(q[0]),
              [q1] "+r"(q[1]), [q2] "+r"(q[2]), [q3] "+r"(q[3]), [s] "=&r"(s), [t] "=&r"(t),
              [z] "=&r"(z)
            : [even] "r"(even), [odd] "r"(odd), [zero_point] "m"(finish->zero_point),
              [low] "m"(finish->low), [high] "m"(finish->high)
            : "cc", "memory");
    words[0] = (uint32_t)p[0];
    words[1] = (uint32_t)p[2];
}

#else

DSE_INLINE void dse_finish_8(const dse_finish *finish, const dse_channel *even,
                             const dse_channel *odd, int32_t p[4], int32_t q[4], uint32_t words[2])
{
    for (int i = 0; i < 4; i++) {
        p[i] = dse_finish_1(finish, *even, p[i]);
        q[i] = dse_finish_1(finish, *odd, q[i]);
    }
    words[0] = dse_limit(finish, dse_bytes(p[0], q[0], p[1], q[1]));
    words[1] = dse_limit(finish, dse_bytes(p[2], q[2], p[3], q[3]));
}

#endif

DSE_INLINE void dse_store_2(int8_t *out, uint32_t bytes)
{
    *(dse_loose_half *)(void *)out = (uint16_t)bytes;
}

#endif
