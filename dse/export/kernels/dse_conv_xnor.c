#include "dse_xnor.h"

/* The words under a window; those outside the image are -1, that is zero bits. */
static void dse_gather_signs(const dse_window *w, const uint32_t *signs, int words, int y, int x,
                             uint32_t *to)
{
    for (int row = w->kernel_height; row > 0; row--, y++) {
        int at = (y * w->in_width + x) * words;
        for (int column = 0; column < w->kernel_width; column++) {
            int is_inside = y >= 0 && y < w->in_height && x + column >= 0 &&
                            x + column < w->in_width;
            for (int i = 0; i < words; i++, at++) {
                *to++ = is_inside ? signs[at] : 0;
                DSE_KEEP_LOOP();
            }
        }
    }
}

void dse_conv_xnor(const dse_conv_xnor_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    const dse_window *w = &p->window;
    const int pixels = w->in_height * w->in_width, taps = w->kernel_height * w->kernel_width;
    uint32_t *signs = scratch, *end = signs;
    for (int i = 0; i < pixels; i++, in += w->channels) {
        end = dse_signs(in, p->thresholds, w->channels, end);
    }
    const int words = (w->channels + 31) / 32;
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            dse_gather_signs(w, signs, words, y, x, end);
            out = dse_rows_xnor(&p->rows, end, taps * words, taps * w->channels, out);
        }
    }
}
