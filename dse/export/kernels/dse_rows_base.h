/* One vector of inputs times all weight rows, for cores without the DSP extension. */
#ifndef DSE_ROWS_BASE_H
#define DSE_ROWS_BASE_H

#include "dse_arithmetic.h"

/* Two rows at once, so that an input is loaded once for both; 32 / bits columns a step. */
DSE_INLINE void dse_dot_1x2(const int8_t *x, const uint8_t *first, const uint8_t *second,
                            uint32_t steps, int bits, int32_t dot[2])
{
    int32_t a = 0, b = 0;
    for (; steps > 0; steps--) {
        if (bits == 8) {
            const int8_t *u = (const int8_t *)first, *v = (const int8_t *)second;
            for (int i = 0; i < 4; i++) {
                a += x[i] * u[i];
                b += x[i] * v[i];
            }
        } else {
            uint32_t u = *(const dse_word *)(const void *)first;
            uint32_t v = *(const dse_word *)(const void *)second;
#pragma GCC unroll 16
            for (int i = 0; i < 32 / bits; i++) {
                a += x[i] * dse_slot(u, bits, i);
                b += x[i] * dse_slot(v, bits, i);
            }
        }
        x += 32 / bits;
        first += 4;
        second += 4;
    }
    dot[0] = a;
    dot[1] = b;
}

/* All outputs of one pixel; x is readable up to a whole number of steps. */
DSE_INLINE void dse_rows_base(const dse_rows *rows, const int8_t *x, int bits, int8_t *out)
{
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    uint32_t row_bytes = dse_row_bytes(rows->columns, bits);
    uint32_t steps = (rows->columns * (uint32_t)bits + 31) / 32;
    for (int left = rows->outputs; left > 0; left -= 2) {
        int32_t dot[2];
        const uint8_t *second = left > 1 ? weights + row_bytes : weights;
        dse_dot_1x2(x, weights, second, steps, bits, dot);
        *out++ = dse_output(dot[0], rows, channel++);
        if (left > 1) {
            *out++ = dse_output(dot[1], rows, channel++);
        }
        weights = second + row_bytes;
    }
}

#endif
