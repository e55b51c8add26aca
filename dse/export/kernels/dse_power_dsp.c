#include "dse_features_dsp.h"

DSE_INLINE uint32_t dse_square(int32_t real, int32_t imaginary)
{
    return (uint32_t)real * (uint32_t)real + (uint32_t)imaginary * (uint32_t)imaginary;
}

/* As in dse_power.c. */
void dse_power_dsp(const dse_features_params *p, dse_block *block, uint32_t *words)
{
    const uint32_t count = p->points / 2u;
    const int32_t shift = dse_stage_shift(block, 14), rounding = 1 << 14, one = 1 << 14;
    const uint32_t *twiddle = p->twiddles;
    uint32_t *low = words, *high = words + count;
    uint32_t first = shift ? dse_halve(*low) : *low;
    *low++ = dse_square(dse_real(first) + dse_imaginary(first), 0);
    *high-- = dse_square(dse_real(first) - dse_imaginary(first), 0);
    while (low <= high) {
        uint32_t w = *++twiddle;
        uint32_t x = shift ? dse_halve(*low) : *low;
        uint32_t y = dse_exchanged(shift ? dse_halve(*high) : *high);
        uint32_t even = dse_plus_conjugate(x, y), odd = dse_minus_conjugate(x, y);
        int32_t real = dse_keep_real(even, one, rounding);
        int32_t imaginary = dse_keep_imaginary(even, one, rounding);
        int32_t turned = dse_add_real(odd, w, 0), turned_i = dse_add_imaginary(odd, w, 0);
        *high-- = dse_square((real - turned_i) >> 15, (imaginary + turned) >> 15);
        *low++ = dse_square((real + turned_i) >> 15, (imaginary - turned) >> 15);
    }
}
