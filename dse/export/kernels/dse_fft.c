#include "dse_features.h"

/* Butterflies of neighbouring halves of `half` words, with every step-th twiddle; returns what is
 * seen. */
DSE_INLINE uint32_t dse_stage(const dse_features_params *p, uint32_t *words, uint32_t half,
                              uint32_t step, int32_t shift)
{
    const uint32_t *end = words + p->points / 2u;
    const int32_t rounding = (int32_t)((1u << shift) >> 1);
    uint32_t seen = 0;
    while (words < end) {
        const uint32_t *twiddle = p->twiddles;
        for (const uint32_t *next = words + half; words < next; words++, twiddle += step) {
            uint32_t w = *twiddle, a = words[0], b = words[half];
            int32_t real = dse_real(b) * dse_real(w) - dse_imaginary(b) * dse_imaginary(w);
            int32_t imaginary = dse_real(b) * dse_imaginary(w) + dse_imaginary(b) * dse_real(w);
            int32_t kept = dse_real(a) * (1 << 14) + rounding;
            int32_t kept_i = dse_imaginary(a) * (1 << 14) + rounding;
            uint32_t word = dse_complex((kept + real) >> shift, (kept_i + imaginary) >> shift);
            words[0] = word;
            seen |= word ^ word << 1;
            word = dse_complex((kept - real) >> shift, (kept_i - imaginary) >> shift);
            words[half] = word;
            seen |= word ^ word << 1;
        }
        words += half;
    }
    return seen;
}

void dse_fft(const dse_features_params *p, dse_block *block, uint32_t *words)
{
    int32_t shift = dse_stage_shift(block, 12);
    block->seen = dse_first_stages(words, p->points / 2u, shift);
    for (uint32_t half = 4, step = p->points / 8u; step > 1; half *= 2, step /= 2) {
        shift = dse_stage_shift(block, 13) + 14;
        block->seen = dse_stage(p, words, half, step, shift);
    }
}
