#include "dse_xnor.h"

/* The outputs of a pixel; 3x3 windows of 64 and of 32 channels have loops without ends of rows. */
static int8_t *outputs_of(const dse_rows *rows, uint32_t *patch, int words, int32_t bits,
                          int8_t *out)
{
    dse_group_by_three(patch, words);
    if (words == 18) {
        return dse_rows_xnor(rows, patch, 18, bits, out);
    }
    if (words == 9) {
        return dse_rows_xnor(rows, patch, 9, bits, out);
    }
    return dse_rows_xnor(rows, patch, words, bits, out);
}

void dse_conv_xnor(const dse_conv_xnor_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_window w = p->window;
    const int channels = w.channels, pixels = w.in_height * w.in_width;
    const int words = (channels + 31) / 32, taps = w.kernel_height * w.kernel_width;
    uint32_t *signs = scratch, *patch = signs;
    for (int i = 0; i < pixels; i++, in += channels) {
        patch = (channels & 3) == 0 ? dse_signs(in, p->thresholds, channels, DSE_WORDS, patch)
                                    : dse_signs(in, p->thresholds, channels, DSE_BYTES, patch);
    }
    /* From here on the image is one of words; its padding, -1, is zero bits. */
    w.channels = (uint16_t)(4 * words);
    w.pad = 0;
    for (int row = 0; row < w.out_height; row++) {
        int y = row * w.stride_y - w.top;
        for (int column = 0; column < w.out_width; column++) {
            int x = column * w.stride_x - w.left;
            dse_gather(&w, (const int8_t *)signs, y, x, (int8_t *)patch, DSE_WORDS);
            out = outputs_of(&p->rows, patch, taps * words, taps * channels, out);
        }
    }
}
