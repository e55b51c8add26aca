/* Depthwise convolution, one output at a time. */
#ifndef DSE_DEPTHWISE_BASE_H
#define DSE_DEPTHWISE_BASE_H

#include "dse_patch.h"

/* One channel of one window. The taps of a kernel row lie `channels` bytes apart, and `gap` bytes
 * lie between two of its rows. */
DSE_INLINE int32_t dse_taps(const dse_window *w, const int8_t *x, int gap, const uint8_t *weights,
                            uint32_t row_bytes, int channel, int bits)
{
    const int per_word = 32 / bits, slot = channel % per_word;
    const int place = 8 * (slot % 4) + bits * (slot / 4);
    const uint8_t *tap = weights + (bits == 8 ? channel : channel / per_word * 4);
    const int channels = w->channels;
    int32_t sum = 0;
    for (int row = w->kernel_height; row > 0; row--, x += gap) {
        for (int column = w->kernel_width; column > 0; column--) {
            int32_t weight;
            if (bits == 8) {
                weight = *(const int8_t *)tap;
            } else {
                uint32_t word = *(const dse_word *)(const void *)tap;
                weight = (int32_t)(word << (32 - bits - place)) >> (32 - bits);
            }
            sum += *x * weight;
            x += channels;
            tap += row_bytes;
        }
    }
    return sum;
}

/* Where the window of one output pixel lies: in the image, or gathered into the patch. */
typedef struct {
    const int8_t *x;
    int gap;
} dse_place;

DSE_INLINE dse_place dse_find(const dse_window *w, const int8_t *in, int8_t *patch, int y, int x,
                              int by)
{
    dse_place place = {patch, 0};
    if (y < 0 || x < 0 || y + w->kernel_height > w->in_height ||
        x + w->kernel_width > w->in_width) {
        dse_gather(w, in, y, x, patch, by);
    } else {
        place.x = in + (y * w->in_width + x) * w->channels;
        place.gap = (w->in_width - w->kernel_width) * w->channels;
    }
    return place;
}

DSE_INLINE void dse_depthwise_base(const dse_conv_params *p, const int8_t *in, int8_t *patch,
                                   int bits, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, by_words = (channels & 3) == 0;
    const uint32_t row_bytes = dse_row_bytes((uint32_t)channels, bits);
    const dse_range range = dse_range_of(&p->rows);
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            dse_place at = by_words ? dse_find(w, in, patch, y, x, DSE_WORDS)
                                    : dse_find(w, in, patch, y, x, DSE_BYTES);
            for (int c = 0; c < channels; c++) {
                int32_t sum = dse_taps(w, at.x + c, at.gap, p->rows.weights, row_bytes, c, bits);
                *out++ = (int8_t)dse_output(sum, p->rows.channels[c], &range);
            }
        }
    }
}

#endif
