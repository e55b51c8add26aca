#include "dse_xnor.h"

/* Words per output that have loops of their own: up to 128 channels in windows of 1x1, 32 and 64
 * in those of 3x3. */
DSE_INLINE int8_t *outputs_of(const dse_rows *rows, const dse_word *x, int words, int32_t bits,
                          int8_t *out)
{
    switch (words) {
    case 1:
        return dse_rows_xnor(rows, x, 1, bits, out);
    case 2:
        return dse_rows_xnor(rows, x, 2, bits, out);
    case 3:
        return dse_rows_xnor(rows, x, 3, bits, out);
    case 4:
        return dse_rows_xnor(rows, x, 4, bits, out);
    case 9:
        return dse_rows_xnor(rows, x, 9, bits, out);
    case 18:
        return dse_rows_xnor(rows, x, 18, bits, out);
    default:
        return dse_rows_xnor(rows, x, words, bits, out);
    }
}

void dse_conv_xnor(const dse_conv_xnor_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_window w = p->window;
    uint32_t *patch = scratch;
    const int taps = w.kernel_height * w.kernel_width, bits = taps * w.channels;
    if (p->thresholds) {
        patch = dse_image_signs(&w, p->thresholds, in, scratch);
        in = scratch;
    }
    const int words = taps * dse_bits_window(&w);
    for (int row = 0; row < w.out_height; row++) {
        int y = row * w.stride_y - w.top;
        for (int column = 0; column < w.out_width; column++) {
            int x = column * w.stride_x - w.left;
            const dse_word *under = dse_bits_under(&w, in, y, x, words, patch);
            out = outputs_of(&p->rows, under, words, bits, out);
        }
    }
}
