#include "dse_features.h"

/* (multiplier * value) >> 16 of a value of 16 bits. */
DSE_INLINE int32_t dse_scale_value(int32_t multiplier, int32_t value)
{
#ifdef __ARM_FEATURE_DSP
    return dse_scale(multiplier, value);
#else
    return (multiplier >> 16) * value + ((multiplier & 0xFFFF) * value >> 16);
#endif
}

void dse_cepstrum(const dse_features_params *p, const int16_t *logs, int8_t *out)
{
    const int16_t *cosine = p->cosines;
    const int32_t bands = p->bands, shift = p->shift;
    const int32_t half = (int32_t)((1u << shift) >> 1);
    for (int32_t i = 0; i < p->coefficients; i++) {
        const dse_level *level = p->levels + i;
        int32_t value = logs[i];
        if (cosine) {
            int32_t sum = half;
            for (int32_t band = 0; band < bands; band++) {
                sum += logs[band] * *cosine++;
            }
            value = sum >> shift;
        }
        value = (dse_scale_value(level->multiplier, value) + level->bias) >> level->shift;
        out[i] = (int8_t)dse_clamp(value, -128, 127);
    }
}
