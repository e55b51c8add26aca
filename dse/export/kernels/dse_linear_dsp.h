/* Fully connected layer for cores with the DSP extension. */
#ifndef DSE_LINEAR_DSP_H
#define DSE_LINEAR_DSP_H

#include "dse_rows_dsp.h"
#include "dse_widen.h"

DSE_INLINE void dse_linear_dsp(const dse_linear_params *p, const int8_t *in, uint32_t *wide,
                              int bits, int8_t *out)
{
    const int columns = (int)p->rows.columns, whole = columns & ~3;
    uint32_t *tail = dse_widen(wide, in, whole, 1);
    if (whole < columns) {
        int8_t last[4] = {0, 0, 0, 0};
        for (int i = 0; i < columns - whole; i++) {
            last[i] = in[whole + i];
            DSE_KEEP_LOOP();
        }
        dse_widen(tail, last, 4, 1);
    }
    dse_rows_dsp_1(&p->rows, wide, bits, out);
}

#endif
