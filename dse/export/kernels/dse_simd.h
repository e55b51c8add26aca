/* The instructions of the DSP extension, with portable twins for other compilers. */
#ifndef DSE_SIMD_H
#define DSE_SIMD_H

#include "dse_arithmetic.h"

#ifdef __ARM_FEATURE_SIMD32
#include <arm_acle.h>

DSE_INLINE uint32_t dse_sxtb16(uint32_t x)
{
    return (uint32_t)__sxtb16((int8x4_t)x);
}

DSE_INLINE uint32_t dse_sxtb16_ror8(uint32_t x)
{
    uint32_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
    return result;
}

/* The lower halves of two words, and the upper ones. */
DSE_INLINE uint32_t dse_pack_low(uint32_t x, uint32_t y)
{
    uint32_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

DSE_INLINE uint32_t dse_pack_high(uint32_t x, uint32_t y)
{
    uint32_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(y), "r"(x));
    return result;
}

DSE_INLINE int32_t dse_smlad(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlad((int16x2_t)x, (int16x2_t)y, acc);
}

DSE_INLINE int32_t dse_smlabb(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlabb((int32_t)x, (int32_t)y, acc);
}

DSE_INLINE int32_t dse_smlatt(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlatt((int32_t)x, (int32_t)y, acc);
}

/* x * 2^-shift, rounded half up, plus addend: the last bit that goes is the carry. shift > 0 */
DSE_INLINE int32_t dse_shift_add(int32_t x, int32_t shift, int32_t addend)
{
    __asm__("asrs %0, %0, %1\n\tadc %0, %0, %2" : "+&r"(x) : "r"(shift), "r"(addend) : "cc");
    return x;
}

/* x times the upper half of scale, by 2^-16 and then as above by the lowest byte. */
DSE_INLINE int32_t dse_scale_add(int32_t x, uint32_t scale, int32_t addend)
{
    __asm__("smulwt %0, %0, %1\n\tasrs %0, %0, %1\n\tadc %0, %0, %2"
            : "+&r"(x)
            : "r"(scale), "r"(addend)
            : "cc");
    return x;
}

/* To -128 to 127. */
DSE_INLINE int32_t dse_saturate(int32_t x)
{
    return __ssat(x, 8);
}

/* Four numbers as bytes of a word, the first in the lowest. */
DSE_INLINE uint32_t dse_bytes(int32_t a, int32_t b, int32_t c, int32_t d)
{
    __asm__("bfi %0, %2, #8, #8\n\tbfi %1, %3, #8, #8\n\tpkhbt %0, %0, %1, lsl #16"
            : "+&r"(a), "+&r"(c)
            : "r"(b), "r"(d));
    return (uint32_t)a;
}

/* Byte by byte, as signed numbers. */
DSE_INLINE uint32_t dse_max_bytes(uint32_t x, uint32_t y)
{
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

DSE_INLINE uint32_t dse_min_bytes(uint32_t x, uint32_t y)
{
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

#else

DSE_INLINE int32_t dse_shift_add(int32_t x, int32_t shift, int32_t addend)
{
    return ((x + (int32_t)((1u << shift) >> 1)) >> shift) + addend;
}

DSE_INLINE int32_t dse_scale_add(int32_t x, uint32_t scale, int32_t addend)
{
    return dse_shift_add(dse_scale(x, (int32_t)(scale >> 16)), (int32_t)(scale & 255u), addend);
}

DSE_INLINE int32_t dse_saturate(int32_t x)
{
    return dse_clamp(x, -128, 127);
}

DSE_INLINE uint32_t dse_bytes(int32_t a, int32_t b, int32_t c, int32_t d)
{
    return ((uint32_t)a & 0xFFu) | ((uint32_t)b & 0xFFu) << 8 | ((uint32_t)c & 0xFFu) << 16 |
           (uint32_t)d << 24;
}

DSE_INLINE uint32_t dse_max_bytes(uint32_t x, uint32_t y)
{
    uint32_t result = 0;
    for (int i = 0; i < 32; i += 8) {
        int8_t a = (int8_t)(x >> i), b = (int8_t)(y >> i);
        result |= (uint32_t)(uint8_t)(a > b ? a : b) << i;
    }
    return result;
}

DSE_INLINE uint32_t dse_min_bytes(uint32_t x, uint32_t y)
{
    return x ^ y ^ dse_max_bytes(x, y);
}

DSE_INLINE uint32_t dse_pair(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | (uint32_t)high << 16;
}

DSE_INLINE uint32_t dse_pack_low(uint32_t x, uint32_t y)
{
    return (x & 0xFFFFu) | y << 16;
}

DSE_INLINE uint32_t dse_pack_high(uint32_t x, uint32_t y)
{
    return x >> 16 | (y & 0xFFFF0000u);
}

DSE_INLINE uint32_t dse_sxtb16(uint32_t x)
{
    return dse_pair((int8_t)x, (int8_t)(x >> 16));
}

DSE_INLINE uint32_t dse_sxtb16_ror8(uint32_t x)
{
    return dse_pair((int8_t)(x >> 8), (int8_t)(x >> 24));
}

DSE_INLINE int32_t dse_smlabb(uint32_t x, uint32_t y, int32_t acc)
{
    return acc + (int16_t)x * (int16_t)y;
}

DSE_INLINE int32_t dse_smlatt(uint32_t x, uint32_t y, int32_t acc)
{
    return acc + (int16_t)(x >> 16) * (int16_t)(y >> 16);
}

DSE_INLINE int32_t dse_smlad(uint32_t x, uint32_t y, int32_t acc)
{
    return dse_smlatt(x, y, dse_smlabb(x, y, acc));
}

#endif

/* A word from any address; every core with the DSP extension loads unaligned words. */
DSE_INLINE uint32_t dse_load(const void *address)
{
    return *(const dse_loose_word *)address;
}

/* Step `step` of a packed word: four neighbouring weights as bytes, each times 2^(8 - bits). */
DSE_INLINE uint32_t dse_weights(uint32_t word, int bits, int step)
{
    uint32_t mask = 0x01010101u * ((0xFFu << (8 - bits)) & 0xFFu);
    return bits == 8 ? word : (word << (8 - bits * (step + 1))) & mask;
}

#endif
