/* Fully connected layer for cores with the DSP extension. */
#ifndef DSE_LINEAR_DSP_H
#define DSE_LINEAR_DSP_H

#include "dse_patch.h"
#include "dse_rows_dsp.h"

DSE_INLINE void dse_linear_dsp(const dse_linear_params *p, const int8_t *in, int8_t *padded,
                              int bits, int8_t *out)
{
    const uint32_t columns = p->rows.columns, group = 32 / (uint32_t)bits;
    if (columns % group != 0) {
        dse_copy(padded, in, (int)columns, DSE_LOOSE_WORDS);
        dse_pad_columns(padded, columns, group);
        in = padded;
    }
    dse_rows_dsp_1(&p->rows, in, bits, out);
}

#endif
