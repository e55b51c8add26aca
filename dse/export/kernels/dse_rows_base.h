/* One vector of inputs times all weight rows, for cores without the DSP extension. */
#ifndef DSE_ROWS_BASE_H
#define DSE_ROWS_BASE_H

#include "dse_arithmetic.h"

/* Columns `at` to `at` + 3 of two packed words. */
DSE_INLINE void dse_quad(const int8_t *x, uint32_t u, uint32_t v, int bits, int at, int32_t sum[2])
{
    sum[0] += x[at] * dse_slot(u, bits, at);
    sum[1] += x[at] * dse_slot(v, bits, at);
    sum[0] += x[at + 1] * dse_slot(u, bits, at + 1);
    sum[1] += x[at + 1] * dse_slot(v, bits, at + 1);
    sum[0] += x[at + 2] * dse_slot(u, bits, at + 2);
    sum[1] += x[at + 2] * dse_slot(v, bits, at + 2);
    sum[0] += x[at + 3] * dse_slot(u, bits, at + 3);
    sum[1] += x[at + 3] * dse_slot(v, bits, at + 3);
}

/* Two rows at once, so that an input is loaded once for both; 32 / bits columns a step. */
DSE_INLINE void dse_dot_1x2(const int8_t *x, const uint8_t *first, const uint8_t *second,
                            uint32_t steps, int bits, int32_t dot[2])
{
    int32_t sum[2] = {0, 0};
    for (; steps > 0; steps--) {
        if (bits == 8) {
            const int8_t *u = (const int8_t *)first, *v = (const int8_t *)second;
            sum[0] += x[0] * u[0];
            sum[1] += x[0] * v[0];
            sum[0] += x[1] * u[1];
            sum[1] += x[1] * v[1];
            sum[0] += x[2] * u[2];
            sum[1] += x[2] * v[2];
            sum[0] += x[3] * u[3];
            sum[1] += x[3] * v[3];
        } else {
            uint32_t u = *(const dse_word *)(const void *)first;
            uint32_t v = *(const dse_word *)(const void *)second;
            dse_quad(x, u, v, bits, 0, sum);
            dse_quad(x, u, v, bits, 4, sum);
            if (bits == 2) {
                dse_quad(x, u, v, bits, 8, sum);
                dse_quad(x, u, v, bits, 12, sum);
            }
        }
        x += 32 / bits;
        first += 4;
        second += 4;
    }
    dot[0] = sum[0];
    dot[1] = sum[1];
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
