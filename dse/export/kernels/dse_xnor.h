/* Signs of inputs as bits, and counts of differing bits. */
#ifndef DSE_XNOR_H
#define DSE_XNOR_H

#include "dse_arithmetic.h"

/* Bit c of the words is 1 where in[c] >= thresholds[c]; bits behind the last are 0. */
DSE_INLINE uint32_t *dse_signs(const int8_t *in, const int8_t *thresholds, int count, uint32_t *to)
{
    while (count > 0) {
        int bits = count < 32 ? count : 32;
        uint32_t below = 0;
        for (int i = bits; i > 0; i--) {
            /* The difference is negative where the bit is 0. */
            below = below >> 1 | ((uint32_t)(*in++ - *thresholds++) & 0x80000000u);
        }
        *to++ = ~below >> (32 - bits) & (0xFFFFFFFFu >> (32 - bits));
        count -= bits;
    }
    return to;
}

/* Counts in fields of four bits, at most 4 each. */
DSE_INLINE uint32_t dse_nibble_counts(uint32_t bits)
{
    bits -= bits >> 1 & 0x55555555u;
    return (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
}

DSE_INLINE uint32_t dse_byte_counts(uint32_t nibbles)
{
    return (nibbles & 0x0F0F0F0Fu) + (nibbles >> 4 & 0x0F0F0F0Fu);
}

DSE_INLINE int32_t dse_sum_of_bytes(uint32_t bytes)
{
    bytes = (bytes & 0x00FF00FFu) + (bytes >> 8 & 0x00FF00FFu);
    return (int32_t)((bytes & 0xFFFFu) + (bytes >> 16));
}

/* Number of differing bits of two runs of words. */
DSE_INLINE int32_t dse_differing(const dse_word *x, const dse_word *weights, int words)
{
    int32_t count = 0;
    do {
        /* Ten groups of three words count at most 240 in a byte, two more words 16. */
        uint32_t bytes = 0;
        for (int room = 10; room > 0 && words >= 3; room--, words -= 3, x += 3, weights += 3) {
            uint32_t nibbles = dse_nibble_counts(x[0] ^ weights[0]);
            nibbles += dse_nibble_counts(x[1] ^ weights[1]);
            nibbles += dse_nibble_counts(x[2] ^ weights[2]);
            bytes += dse_byte_counts(nibbles);
        }
        count += dse_sum_of_bytes(bytes);
    } while (words >= 3);
    for (; words > 0; words--) {
        count += dse_sum_of_bytes(dse_byte_counts(dse_nibble_counts(*x++ ^ *weights++)));
    }
    return count;
}

/* All outputs of one vector of `words` words with `bits` meaningful bits. */
DSE_INLINE int8_t *dse_rows_xnor(const dse_rows *rows, const dse_word *x, int words, int32_t bits,
                                 int8_t *out)
{
    const dse_word *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    const dse_range range = dse_range_of(rows);
    for (int left = rows->outputs; left > 0; left--, weights += words) {
        int32_t dot = bits - 2 * dse_differing(x, weights, words);
        *out++ = (int8_t)dse_output(dot, *channel++, &range);
    }
    return out;
}

#endif
