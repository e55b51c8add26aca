#include "dse_features.h"

DSE_INLINE uint32_t dse_square(int32_t real, int32_t imaginary)
{
    return (uint32_t)real * (uint32_t)real + (uint32_t)imaginary * (uint32_t)imaginary;
}

/* With E = Z[k] + conj Z[n - k], O = Z[k] - conj Z[n - k] and T = O times the twiddle, the spectrum
 * is (E - i T) / 2 at k, and at n - k the conjugate of (E + i T) / 2. */
void dse_power(const dse_features_params *p, dse_block *block, uint32_t *words)
{
    const uint32_t count = p->points / 2u;
    const int32_t shift = dse_stage_shift(block, 14), rounding = 1 << 14, one = 1 << 14;
    const uint32_t *twiddle = p->twiddles;
    uint32_t *low = words, *high = words + count;
    int32_t real = dse_real(*low) >> shift, imaginary = dse_imaginary(*low) >> shift;
    *low++ = dse_square(real + imaginary, 0);
    *high-- = dse_square(real - imaginary, 0);
    while (low <= high) {
        uint32_t w = *++twiddle;
        int32_t x = dse_real(*low) >> shift, y = dse_real(*high) >> shift;
        int32_t x_i = dse_imaginary(*low) >> shift, y_i = dse_imaginary(*high) >> shift;
        int32_t odd = x - y, odd_i = x_i + y_i;
        int32_t turned = odd * dse_real(w) - odd_i * dse_imaginary(w);
        int32_t turned_i = odd * dse_imaginary(w) + odd_i * dse_real(w);
        real = (x + y) * one + rounding;
        imaginary = (x_i - y_i) * one + rounding;
        *high-- = dse_square((real - turned_i) >> 15, (imaginary + turned) >> 15);
        *low++ = dse_square((real + turned_i) >> 15, (imaginary - turned) >> 15);
    }
}
