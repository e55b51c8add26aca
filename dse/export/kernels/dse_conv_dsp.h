/* Convolution, two output pixels at a time, for cores with the DSP extension. */
#ifndef DSE_CONV_DSP_H
#define DSE_CONV_DSP_H

#include "dse_patch.h"
#include "dse_rows_dsp.h"

DSE_INLINE void dse_conv_dsp(const dse_conv_params *p, const int8_t *in, int8_t *patch, int bits,
                             int8_t *out)
{
    const dse_window *w = &p->window;
    const uint32_t columns = p->rows.columns, group = 32 / (uint32_t)bits;
    const uint32_t patch_bytes = (columns + group - 1) / group * group;
    /* A 1x1 window without padding is a run of the input already. */
    const int direct = columns == w->channels && columns % group == 0 && (w->top | w->left) == 0 &&
                       (w->out_height - 1) * w->stride_y < w->in_height &&
                       (w->out_width - 1) * w->stride_x < w->in_width;
    if (!direct) {
        dse_pad_columns(patch, columns, group);
        dse_pad_columns(patch + patch_bytes, columns, group);
    }
    const int8_t *first = patch;
    int is_second = 0;
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            const int8_t *vector;
            if (direct) {
                vector = in + (y * w->in_width + x) * w->channels;
            } else {
                int8_t *to = patch + (is_second ? patch_bytes : 0);
                dse_gather(w, in, y, x, to, DSE_LOOSE_WORDS);
                vector = to;
            }
            if (is_second) {
                dse_rows_dsp_2(&p->rows, first, vector, bits, out);
                out += 2 * p->rows.outputs;
            } else {
                first = vector;
            }
            is_second ^= 1;
        }
    }
    if (is_second) {
        dse_rows_dsp_1(&p->rows, first, bits, out);
    }
}

#endif
