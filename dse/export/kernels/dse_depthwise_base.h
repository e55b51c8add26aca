/* Depthwise convolution, one output at a time. */
#ifndef DSE_DEPTHWISE_BASE_H
#define DSE_DEPTHWISE_BASE_H

#include "dse_patch.h"

/* The next index of a run. The compiler must not see through it: one index that two pointers share
 * is the cheapest way to walk on a Cortex-M0, which has few registers. */
DSE_INLINE int dse_next(int index, int step)
{
    index += step;
#ifdef __thumb__
    __asm__("" : "+l"(index));
#else
    __asm__("" : "+r"(index));
#endif
    return index;
}

/* One channel of a gathered window: `taps` inputs lie `channels` bytes apart. */
DSE_INLINE int32_t dse_taps(const int8_t *x, const int8_t *end, int channels,
                            const uint8_t *weights, uint32_t row_bytes, int channel, int bits)
{
    const int per_word = 32 / bits, slot = channel % per_word;
    const int up = 32 - bits - (8 * (slot % 4) + bits * (slot / 4));
    const uint8_t *tap = weights + (bits == 8 ? channel : channel / per_word * 4);
    int32_t sum = 0;
    if (bits == 8) {
        const int8_t *w = (const int8_t *)tap;
        const int last = (int)(end - x);
        for (int i = 0; i < last; i = dse_next(i, channels)) {
            sum += x[i] * w[i];
        }
        return sum;
    }
    do {
        sum += *x * ((int32_t)(*(const dse_word *)(const void *)tap << up) >> (32 - bits));
        x += channels;
        tap += row_bytes;
    } while (x < end);
    return sum;
}

DSE_INLINE void dse_depthwise_base(const dse_conv_params *p, const int8_t *in, int8_t *patch,
                                   int bits, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, by_words = (channels & 3) == 0;
    const uint32_t row_bytes = dse_row_bytes((uint32_t)channels, bits);
    const int8_t *const end = patch + w->kernel_height * w->kernel_width * channels;
    const dse_range range = dse_range_of(&p->rows);
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            if (by_words) {
                dse_gather(w, in, y, x, patch, DSE_WORDS);
            } else {
                dse_gather(w, in, y, x, patch, DSE_BYTES);
            }
            const dse_channel *channel = p->rows.channels;
            for (int c = 0; c < channels; c++) {
                int32_t sum =
                    dse_taps(patch + c, end, channels, p->rows.weights, row_bytes, c, bits);
                *out++ = (int8_t)dse_output(sum, *channel++, &range);
            }
        }
    }
}

#endif
