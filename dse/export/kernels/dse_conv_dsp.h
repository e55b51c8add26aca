/* Convolution, four output pixels at a time, for cores with the DSP extension. */
#ifndef DSE_CONV_DSP_H
#define DSE_CONV_DSP_H

#include "dse_rows_dsp.h"
#include "dse_widen.h"

/* One widened window, its words `step` apart. Where kernel rows are no whole groups of four it may
 * come by way of `bytes`. */
DSE_INLINE void dse_window_wide(const dse_conv_params *p, const int8_t *in, int y, int x,
                                int8_t *bytes, uint32_t *to, int step)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, row_bytes = w->in_width * channels;
    const int run = w->kernel_width * channels;
    if (channels % 4 == 0) {
        dse_gather_wide(w, in, y, x, to, step);
    } else if (run >= 4 && dse_is_inside(w, y, x)) {
        dse_widen_runs(to, in + y * row_bytes + x * channels, w->kernel_height, run, row_bytes,
                       step);
    } else {
        dse_gather(w, in, y, x, bytes, DSE_LOOSE_WORDS);
        dse_widen(to, bytes, (int)p->rows.columns, step);
    }
}

/* Whether the inputs of an output are a pixel, and those of the next output the next pixel. */
DSE_INLINE int dse_is_flat(const dse_window *w)
{
    return w->kernel_height * w->kernel_width == 1 && w->stride_y * w->stride_x == 1 &&
           w->out_height == w->in_height && w->out_width == w->in_width && w->channels % 4 == 0;
}

DSE_INLINE void dse_conv_dsp(const dse_conv_params *p, const int8_t *in, uint32_t *wide, int bits,
                             int8_t *out)
{
    const dse_window *w = &p->window;
    const uint32_t stride = p->rows.stride;
    const uint32_t groups = dse_groups(p->rows.columns, bits);
    int8_t *const bytes = (int8_t *)(void *)(wide + 8 * groups);
    const int pixels = w->out_height * w->out_width, channels = w->channels;
    const int is_flat = dse_is_flat(w), width = is_flat ? pixels : w->out_width;
    int in_fours = pixels & ~3, slot = 0;
    for (int row = 0, left = pixels; left > 0; row++, left -= width) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < width; column++) {
            int x = column * w->stride_x - w->left;
            if (in_fours == 0) {
                if (is_flat) {
                    dse_widen(wide, in, channels, 1);
                    in += channels;
                } else {
                    dse_window_wide(p, in, y, x, bytes, wide, 1);
                }
                dse_rows_dsp_1(&p->rows, wide, bits, out);
                out += stride;
                continue;
            }
            if (is_flat) {
                dse_widen_pixels(wide, in, channels);
                in += 4 * channels;
                column += 3;
                slot = 3;
            } else {
                dse_window_wide(p, in, y, x, bytes, wide + slot, 4);
            }
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
