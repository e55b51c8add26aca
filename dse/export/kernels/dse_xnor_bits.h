/* Bits out of counts of differing bits. */
#ifndef DSE_XNOR_BITS_H
#define DSE_XNOR_BITS_H

#include "dse_xnor.h"

#ifdef __thumb2__
#define DSE_ANY_REGISTER "r"
#else
#define DSE_ANY_REGISTER "l"
#endif

/* Shifts in a one from below unless fewer bits differ than the limit. */
DSE_INLINE uint32_t dse_reached(uint32_t bits, uint32_t count, uint32_t limit)
{
#ifdef __thumb__
    /* The carry of the comparison is that bit. */
    __asm__(".syntax unified\n\tcmp %1, %2\n\tadcs %0, %0, %0"
            : "+" DSE_ANY_REGISTER(bits)
            : DSE_ANY_REGISTER(count), DSE_ANY_REGISTER(limit)
            : "cc");
    return bits;
#else
    return 2 * bits + (count >= limit);
#endif
}

/* The bits of fewer than 32 channels, those of the highest place on top, to their places. */
DSE_INLINE uint32_t dse_spread(uint32_t bits, int channels)
{
    uint32_t word = 0;
    for (int byte = 0; byte < 4; byte++) {
        int count = (channels + 3 - byte) >> 2;
        word |= (bits & ((1u << count) - 1)) << 8 * byte;
        bits >>= count;
    }
    return word;
}

/* A constant in a register, so that a shift and a mask are one instruction. */
DSE_INLINE uint32_t dse_kept(uint32_t constant)
{
#ifdef DSE_ARMV7M
    __asm__("" : "+r"(constant));
#endif
    return constant;
}

/* Number of differing bits of one or two words. */
DSE_INLINE uint32_t dse_differing_narrow(const dse_word *x, const dse_word *weights, int words,
                                         uint32_t fives, uint32_t threes, uint32_t fifteens)
{
    uint32_t nibbles = 0;
    for (int i = 0; i < 2; i++) {
        if (i < words) {
            uint32_t bits = x[i] ^ weights[i];
            bits -= bits >> 1 & fives;
            nibbles += (bits & threes) + (bits >> 2 & threes);
        }
    }
    return (uint32_t)dse_sum_of_bytes((nibbles & fifteens) + (nibbles >> 4 & fifteens));
}

/* All outputs of one vector of `words` words; behind the words of an output lies its limit. */
DSE_INLINE dse_word *dse_rows_bits(const dse_word *weights, int outputs, const dse_word *x,
                                   int words, dse_word *out)
{
    const uint32_t fives = dse_kept(0x55555555u), threes = dse_kept(0x33333333u);
    const uint32_t fifteens = dse_kept(0x0F0F0F0Fu);
    for (; outputs > 0; outputs -= 32) {
        const int some = outputs < 32 ? outputs : 32;
        const dse_word *const end = weights + some * (words + 1);
        uint32_t bits = 0;
        do {
            uint32_t count;
            if (__builtin_constant_p(words) && words <= 2) {
                count = dse_differing_narrow(x, weights, words, fives, threes, fifteens);
            } else {
                count = (uint32_t)dse_differing(x, weights, words);
            }
            bits = dse_reached(bits, count, weights[words]);
            weights += words + 1;
        } while (weights < end);
        *out++ = some == 32 ? ~bits : dse_spread(~bits, some);
    }
    return out;
}

#endif
