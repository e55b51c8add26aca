/* Requantisation and small helpers that every kernel shares. */
#ifndef DSE_ARITHMETIC_H
#define DSE_ARITHMETIC_H

#include "dse_kernels.h"

#define DSE_INLINE static inline __attribute__((always_inline))

/* Inner loops by hand: they need nearly all registers, which the compiler grants only when it
 * optimises for speed. Everywhere else plain C does the same. */
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#if defined(__thumb__) && !defined(__thumb2__)
#define DSE_ARMV6M
#elif defined(__thumb2__)
#define DSE_ARMV7M
#ifdef __ARM_FEATURE_SIMD32
#define DSE_ARMV7EM
#endif
#endif
#endif

/* Keeps the compiler from turning a short loop into a call of memcpy or memset. */
#define DSE_KEEP_LOOP() __asm__ volatile("")

/* Words that stand for any four bytes: at multiples of four, and anywhere. */
typedef uint32_t __attribute__((may_alias)) dse_word;
typedef uint32_t __attribute__((may_alias, aligned(1))) dse_loose_word;
typedef uint16_t __attribute__((may_alias, aligned(1))) dse_loose_half;

DSE_INLINE int32_t dse_scale(int32_t value, int32_t multiplier)
{
#ifdef __ARM_FEATURE_DSP
    int32_t result;
    __asm__("smulwb %0, %1, %2" : "=r"(result) : "r"(value), "r"(multiplier));
    return result;
#else
    uint32_t low = ((uint32_t)value & 0xFFFFu) * (uint32_t)multiplier;
    return (value >> 16) * multiplier + (int32_t)(low >> 16);
#endif
}

DSE_INLINE int32_t dse_clamp(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* Powers of two, in place of a number of bits: minus that of their codes. */
enum { DSE_P4 = -4, DSE_P3 = -3 };

/* The ends of all dot products of a layer, read once: a store of an int8 may alias anything. */
typedef struct {
    int32_t pre_shift, zero_point, low, high;
} dse_range;

DSE_INLINE dse_range dse_range_of(const dse_rows *rows)
{
    dse_range range = {rows->pre_shift, rows->zero_point, rows->low, rows->high};
    return range;
}

DSE_INLINE int32_t dse_rescale(int32_t acc, dse_channel channel, const dse_range *range)
{
    int32_t value = dse_scale(acc, channel.multiplier);
#ifdef __thumb__
    /* The last bit that is shifted out comes as the carry: half of the unit. */
    __asm__(".syntax unified\n\tasrs %0, %0, %1\n\tadcs %0, %0, %2"
            : "+l"(value)
            : "l"((int32_t)channel.shift), "l"(range->zero_point)
            : "cc");
    return dse_clamp(value, range->low, range->high);
#else
    int32_t half = (int32_t)((1u << channel.shift) >> 1);
    return dse_clamp(((value + half) >> channel.shift) + range->zero_point, range->low,
                     range->high);
#endif
}

DSE_INLINE int32_t dse_output(int32_t dot, dse_channel channel, const dse_range *range)
{
    int32_t acc = (int32_t)((uint32_t)dot << range->pre_shift) + channel.bias;
    return dse_rescale(acc, channel, range);
}

/* Weight column `slot` of a packed word, sign extended. */
DSE_INLINE int32_t dse_slot(uint32_t word, int bits, int slot)
{
    int place = 8 * (slot % 4) + bits * (slot / 4);
    return (int32_t)(word << (32 - bits - place)) >> (32 - bits);
}

/* Bytes from one packed row to the next. */
DSE_INLINE uint32_t dse_row_bytes(uint32_t columns, int bits)
{
    return bits == 8 ? columns : (columns * (uint32_t)bits + 31) / 32 * 4;
}

#endif
