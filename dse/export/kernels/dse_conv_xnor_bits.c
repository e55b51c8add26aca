#include "dse_xnor_bits.h"

/* Words per output that have loops of their own: up to 128 channels in windows of 1x1, 32 and 64
 * in those of 3x3. */
DSE_INLINE dse_word *outputs_of(const dse_conv_xnor_bits_params *p, const dse_word *x, int words,
                            dse_word *out)
{
    const dse_word *weights = p->weights;
    const int outputs = p->outputs;
    switch (words) {
    case 1:
        return dse_rows_bits(weights, outputs, x, 1, out);
    case 2:
        return dse_rows_bits(weights, outputs, x, 2, out);
    case 3:
        return dse_rows_bits(weights, outputs, x, 3, out);
    case 4:
        return dse_rows_bits(weights, outputs, x, 4, out);
    case 9:
        return dse_rows_bits(weights, outputs, x, 9, out);
    case 18:
        return dse_rows_bits(weights, outputs, x, 18, out);
    default:
        return dse_rows_bits(weights, outputs, x, words, out);
    }
}

void dse_conv_xnor_bits(const dse_conv_xnor_bits_params *p, const int8_t *in, void *scratch,
                        int8_t *out)
{
    dse_window w = p->window;
    uint32_t *patch = scratch;
    dse_word *to = (dse_word *)(void *)out;
    if (p->thresholds) {
        patch = dse_image_signs(&w, p->thresholds, in, scratch);
        in = scratch;
    }
    const int words = dse_bits_window(&w), all = w.kernel_height * w.kernel_width * words;
    for (int row = 0; row < w.out_height; row++) {
        int y = row * w.stride_y - w.top;
        for (int column = 0; column < w.out_width; column++) {
            int x = column * w.stride_x - w.left;
            to = outputs_of(p, dse_bits_under(&w, in, y, x, all, patch), all, to);
        }
    }
}
