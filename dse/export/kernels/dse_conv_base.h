/* Convolution, one output pixel at a time, for cores without the DSP extension. */
#ifndef DSE_CONV_BASE_H
#define DSE_CONV_BASE_H

#include "dse_patch.h"
#include "dse_rows_base.h"

DSE_INLINE void dse_conv_base(const dse_conv_params *p, const int8_t *in, int8_t *patch, int bits,
                              int8_t *out)
{
    const dse_window *w = &p->window;
    const uint32_t columns = p->rows.columns, stride = p->rows.stride, group = dse_step_columns(bits);
    /* A 1x1 window without padding is a run of the input already. */
    const int direct = columns == w->channels && columns % group == 0 && (w->top | w->left) == 0 &&
                       (w->out_height - 1) * w->stride_y < w->in_height &&
                       (w->out_width - 1) * w->stride_x < w->in_width;
    const int by_words = (w->channels & 3) == 0;
    if (!direct) {
        dse_pad_columns(patch, columns, group);
    }
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            const int8_t *vector = patch;
            if (direct) {
                vector = in + (y * w->in_width + x) * w->channels;
            } else if (by_words) {
                dse_gather(w, in, y, x, patch, DSE_WORDS);
            } else {
                dse_gather(w, in, y, x, patch, DSE_BYTES);
            }
            dse_rows_base(&p->rows, vector, bits, out);
            out += stride;
        }
    }
}

#endif
