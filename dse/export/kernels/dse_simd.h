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

#else

DSE_INLINE uint32_t dse_pair(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | (uint32_t)high << 16;
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
