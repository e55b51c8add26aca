/* One or two vectors of inputs times all weight rows, for cores with the DSP extension. */
#ifndef DSE_ROWS_DSP_H
#define DSE_ROWS_DSP_H

#include "dse_simd.h"

/* Four columns of two inputs and two rows; u and v are four weights each. */
DSE_INLINE void dse_step_2x2(const int8_t *x, const int8_t *y, uint32_t u, uint32_t v,
                             int32_t dot[4])
{
    uint32_t x_even = dse_load(x), y_even = dse_load(y);
    uint32_t x_odd = dse_sxtb16_ror8(x_even), y_odd = dse_sxtb16_ror8(y_even);
    x_even = dse_sxtb16(x_even);
    y_even = dse_sxtb16(y_even);
    uint32_t even = dse_sxtb16(u), odd = dse_sxtb16_ror8(u);
    dot[0] = dse_smlad(x_even, even, dot[0]);
    dot[2] = dse_smlad(y_even, even, dot[2]);
    dot[0] = dse_smlad(x_odd, odd, dot[0]);
    dot[2] = dse_smlad(y_odd, odd, dot[2]);
    even = dse_sxtb16(v);
    odd = dse_sxtb16_ror8(v);
    dot[1] = dse_smlad(x_even, even, dot[1]);
    dot[3] = dse_smlad(y_even, even, dot[3]);
    dot[1] = dse_smlad(x_odd, odd, dot[1]);
    dot[3] = dse_smlad(y_odd, odd, dot[3]);
}

/* Four columns of one input and two rows. */
DSE_INLINE void dse_step_1x2(const int8_t *x, uint32_t u, uint32_t v, int32_t dot[2])
{
    uint32_t even = dse_load(x), odd = dse_sxtb16_ror8(even);
    even = dse_sxtb16(even);
    dot[0] = dse_smlad(even, dse_sxtb16(u), dot[0]);
    dot[1] = dse_smlad(even, dse_sxtb16(v), dot[1]);
    dot[0] = dse_smlad(odd, dse_sxtb16_ror8(u), dot[0]);
    dot[1] = dse_smlad(odd, dse_sxtb16_ror8(v), dot[1]);
}

/* dot = {x first, x second, y first, y second}, each times 2^(8 - bits). */
DSE_INLINE void dse_dot_2x2(const int8_t *x, const int8_t *y, const uint8_t *first,
                            const uint8_t *second, uint32_t steps, int bits, int32_t dot[4])
{
    int32_t sum[4] = {0, 0, 0, 0};
    for (; steps > 0; steps--, first += 4, second += 4) {
        uint32_t u = dse_load(first), v = dse_load(second);
        for (int step = 0; step < 8 / bits; step++, x += 4, y += 4) {
            dse_step_2x2(x, y, dse_weights(u, bits, step), dse_weights(v, bits, step), sum);
        }
    }
    for (int i = 0; i < 4; i++) {
        dot[i] = sum[i] >> (8 - bits);
    }
}

/* dot = {x first, x second}, each times 2^(8 - bits). */
DSE_INLINE void dse_dot_1x2(const int8_t *x, const uint8_t *first, const uint8_t *second,
                            uint32_t steps, int bits, int32_t dot[2])
{
    int32_t sum[2] = {0, 0};
    for (; steps > 0; steps--, first += 4, second += 4) {
        uint32_t u = dse_load(first), v = dse_load(second);
        for (int step = 0; step < 8 / bits; step++, x += 4) {
            dse_step_1x2(x, dse_weights(u, bits, step), dse_weights(v, bits, step), sum);
        }
    }
    dot[0] = sum[0] >> (8 - bits);
    dot[1] = sum[1] >> (8 - bits);
}

/* All outputs of two pixels that follow each other; x and y are readable up to whole steps. */
DSE_INLINE void dse_rows_dsp_2(const dse_rows *rows, const int8_t *x, const int8_t *y, int bits,
                               int8_t *out)
{
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    uint32_t row_bytes = dse_row_bytes(rows->columns, bits);
    uint32_t steps = (rows->columns * (uint32_t)bits + 31) / 32;
    int8_t *below = out + rows->outputs;
    for (int left = rows->outputs; left > 0; left -= 2) {
        int32_t dot[4];
        const uint8_t *second = left > 1 ? weights + row_bytes : weights;
        dse_dot_2x2(x, y, weights, second, steps, bits, dot);
        *out++ = dse_output(dot[0], rows, channel);
        *below++ = dse_output(dot[2], rows, channel++);
        if (left > 1) {
            *out++ = dse_output(dot[1], rows, channel);
            *below++ = dse_output(dot[3], rows, channel++);
        }
        weights = second + row_bytes;
    }
}

/* All outputs of one pixel. */
DSE_INLINE void dse_rows_dsp_1(const dse_rows *rows, const int8_t *x, int bits, int8_t *out)
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
