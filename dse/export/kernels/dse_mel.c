#include "dse_features.h"

/* Sums of the upper and of the lower 16 bits of powers times weights: below 2^32, since a segment
 * has at most 255 bins and no power is above 2^31. */
typedef struct {
    uint32_t high, low;
} dse_sum;

/* log2 of (high * 2^16 + low) * 4^exponent, above the floor: 2^9 times the octaves. */
DSE_INLINE int32_t dse_octaves(const dse_features_params *p, uint32_t high, uint32_t low,
                               int32_t exponent)
{
    int32_t octaves = 2 * exponent + 31;
    uint32_t value = high << 16 | low;
    if (high >> 16) {
        value = high;
        octaves += 16;
    }
    if (!value) {
        return 0;
    }
    int32_t zeros = dse_leading_zeros(value);
    value <<= zeros;
    const uint16_t *log = p->logs + (value >> 26 & 31);
    int32_t rise = (log[1] - log[0]) * (int32_t)(value >> 16 & 1023);
    int32_t result = (octaves - zeros) * (1 << 14) + log[0] + ((rise + 512) >> 10) + p->offset;
    return result > 0 ? (result + 16) >> 5 : 0;
}

void dse_mel(const dse_features_params *p, const uint32_t *power, const dse_block *block,
             int16_t *out)
{
    const uint8_t *weight = p->weights;
    dse_sum rising = {0, 0};
    power += p->first_bin;
    for (uint32_t segment = 0; segment <= p->bands; segment++) {
        dse_sum up = {0, 0}, all = {0, 0};
        for (uint32_t left = p->segments[segment]; left > 0; left--) {
            uint32_t bin = *power++, share = *weight++;
            uint32_t high = bin >> 16, low = bin & 0xFFFFu;
            all.high += high;
            all.low += low;
            up.high += high * share;
            up.low += low * share;
        }
        if (segment > 0) {
            uint32_t fall = (all.low << 8) - up.low;
            uint32_t low = (rising.low & 0xFFFFu) + (fall & 0xFFFFu);
            uint32_t high = rising.high + (rising.low >> 16) + (all.high << 8) - up.high +
                            (fall >> 16) + (low >> 16);
            *out++ = (int16_t)dse_octaves(p, high, low & 0xFFFFu, block->exponent);
        }
        rising = up;
    }
}
