/* Fully connected layer for cores without the DSP extension. */
#ifndef DSE_LINEAR_BASE_H
#define DSE_LINEAR_BASE_H

#include "dse_patch.h"
#include "dse_rows_base.h"

DSE_INLINE void dse_linear_base(const dse_linear_params *p, const int8_t *in, int8_t *padded,
                              int bits, int8_t *out)
{
    const uint32_t columns = p->rows.columns, group = dse_step_columns(bits);
    if (columns % group != 0) {
        int tail = (int)columns & 3;
        int8_t *end = dse_copy(padded, in, (int)columns - tail, DSE_WORDS);
        dse_copy(end, in + (columns - (uint32_t)tail), tail, DSE_BYTES);
        dse_pad_columns(padded, columns, group);
        in = padded;
    }
    dse_rows_base(&p->rows, in, bits, out);
}

#endif
