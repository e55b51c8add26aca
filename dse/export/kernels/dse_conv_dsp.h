/* Convolution, four output pixels at a time, for cores with the DSP extension. */
#ifndef DSE_CONV_DSP_H
#define DSE_CONV_DSP_H

#include "dse_rows_dsp.h"
#include "dse_widen.h"

/* One widened window, its words `step` apart. Where kernel rows are no whole groups of four it
 * comes by way of `bytes`. */
DSE_INLINE void dse_window_wide(const dse_conv_params *p, const int8_t *in, int y, int x,
                                int8_t *bytes, uint32_t *to, int step)
{
    const dse_window *w = &p->window;
    if (w->channels % 4 == 0) {
        dse_gather_wide(w, in, y, x, to, step);
    } else {
        dse_gather_bytes(w, in, y, x, bytes);
        dse_widen(to, bytes, (int)p->rows.columns, step);
    }
}

DSE_INLINE void dse_conv_dsp(const dse_conv_params *p, const int8_t *in, uint32_t *wide, int bits,
                             int8_t *out)
{
    const dse_window *w = &p->window;
    const uint32_t stride = p->rows.stride;
    const uint32_t groups = dse_groups(p->rows.columns, bits);
    int8_t *const bytes = (int8_t *)(void *)(wide + 8 * groups);
    int in_fours = w->out_height * w->out_width & ~3, slot = 0;
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            if (in_fours == 0) {
                dse_window_wide(p, in, y, x, bytes, wide, 1);
                dse_rows_dsp_1(&p->rows, wide, bits, out);
                out += stride;
                continue;
            }
            dse_window_wide(p, in, y, x, bytes, wide + slot, 4);
            if (++slot == 4) {
                dse_rows_dsp_4(&p->rows, wide, bits, stride, out);
                out += 4 * stride;
                in_fours -= 4;
                slot = 0;
            }
        }
    }
}

#endif
