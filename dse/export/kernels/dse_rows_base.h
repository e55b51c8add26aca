/* One vector of inputs times all weight rows, for cores without the DSP extension. */
#ifndef DSE_ROWS_BASE_H
#define DSE_ROWS_BASE_H

#include "dse_dot_base.h"
#include "dse_rows_adding.h"

/* Columns of a step: rows are rounded up to them. */
DSE_INLINE uint32_t dse_step_columns(int bits)
{
    return bits < 0 ? 8 : 32 / (uint32_t)bits;
}

/* All outputs of one pixel; x is readable up to a whole number of steps. */
DSE_INLINE void dse_rows_base(const dse_rows *rows, const int8_t *x, int bits, int8_t *out)
{
    if (bits < 0) {
        dse_rows_adding(rows, x, bits, out);
        return;
    }
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    uint32_t row_bytes = dse_row_bytes(rows->columns, bits);
    uint32_t steps = (rows->columns * (uint32_t)bits + 31) / 32;
    const dse_range range = dse_range_of(rows);
    for (int left = rows->outputs; left > 0; left -= 2) {
        int32_t dot[2];
        const uint8_t *second = left > 1 ? weights + row_bytes : weights;
        dse_dot_1x2(x, weights, second, steps, bits, dot);
        *out++ = (int8_t)dse_output(dot[0], *channel++, &range);
        if (left > 1) {
            *out++ = (int8_t)dse_output(dot[1], *channel++, &range);
        }
        weights = second + row_bytes;
    }
}

#endif
