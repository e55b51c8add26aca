/* Depthwise convolution, four channels at a time, for cores with the DSP extension. */
#ifndef DSE_DEPTHWISE_DSP_H
#define DSE_DEPTHWISE_DSP_H

#include "dse_patch.h"
#include "dse_simd.h"

/* Where the window of one output pixel lies: in the image, or gathered into the patch. The taps of
 * a kernel row lie `channels` bytes apart, and `gap` bytes lie between two of its rows. */
typedef struct {
    const int8_t *x;
    int gap;
} dse_place;

DSE_INLINE dse_place dse_find(const dse_window *w, const int8_t *in, int8_t *patch, int y, int x)
{
    dse_place place = {patch, 0};
    if (y < 0 || x < 0 || y + w->kernel_height > w->in_height ||
        x + w->kernel_width > w->in_width) {
        dse_gather(w, in, y, x, patch, DSE_LOOSE_WORDS);
    } else {
        place.x = in + (y * w->in_width + x) * w->channels;
        place.gap = (w->in_width - w->kernel_width) * w->channels;
    }
    return place;
}

/* One channel of one window. */
DSE_INLINE int32_t dse_taps_1(const dse_window *w, const int8_t *x, int gap,
                              const uint8_t *weights, uint32_t row_bytes, int channel, int bits)
{
    const int per_word = 32 / bits, slot = channel % per_word;
    const int up = 32 - bits - (8 * (slot % 4) + bits * (slot / 4));
    const uint8_t *tap = weights + (bits == 8 ? channel : channel / per_word * 4);
    const int channels = w->channels;
    int32_t sum = 0;
    for (int row = w->kernel_height; row > 0; row--, x += gap) {
        for (int column = w->kernel_width; column > 0; column--) {
            sum += *x * (bits == 8 ? *(const int8_t *)tap
                                   : (int32_t)(dse_load(tap) << up) >> (32 - bits));
            x += channels;
            tap += row_bytes;
        }
    }
    return sum;
}

/* Four channels of one window; `channel` is a multiple of four. */
DSE_INLINE void dse_taps_4(const dse_window *w, const int8_t *x, int gap, const uint8_t *weights,
                           uint32_t row_bytes, int channel, int bits, int32_t sum[4])
{
    const int per_word = 32 / bits, step = channel % per_word / 4;
    const int up = 8 - bits * (step + 1);
    const uint32_t mask = 0x01010101u * ((0xFFu << (8 - bits)) & 0xFFu);
    const uint8_t *tap = weights + channel / per_word * 4;
    const int channels = w->channels;
    int32_t a = 0, b = 0, c = 0, d = 0;
    for (int row = w->kernel_height; row > 0; row--, x += gap) {
        for (int column = w->kernel_width; column > 0; column--) {
            uint32_t even = dse_load(x), word = dse_load(tap);
            uint32_t odd = dse_sxtb16_ror8(even);
            even = dse_sxtb16(even);
            word = bits == 8 ? word : (word << up) & mask;
            uint32_t word_odd = dse_sxtb16_ror8(word);
            word = dse_sxtb16(word);
            a = dse_smlabb(even, word, a);
            c = dse_smlatt(even, word, c);
            b = dse_smlabb(odd, word_odd, b);
            d = dse_smlatt(odd, word_odd, d);
            x += channels;
            tap += row_bytes;
        }
    }
    sum[0] = a >> (8 - bits);
    sum[1] = b >> (8 - bits);
    sum[2] = c >> (8 - bits);
    sum[3] = d >> (8 - bits);
}

DSE_INLINE void dse_depthwise_dsp(const dse_conv_params *p, const int8_t *in, int8_t *patch,
                                  int bits, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels;
    const uint32_t row_bytes = dse_row_bytes((uint32_t)channels, bits);
    const dse_range range = dse_range_of(&p->rows);
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            dse_place at = dse_find(w, in, patch, y, x);
            const dse_channel *channel = p->rows.channels;
            int c = 0;
            for (; c + 4 <= channels; c += 4) {
                int32_t sum[4];
                dse_taps_4(w, at.x + c, at.gap, p->rows.weights, row_bytes, c, bits, sum);
                *out++ = (int8_t)dse_output(sum[0], *channel++, &range);
                *out++ = (int8_t)dse_output(sum[1], *channel++, &range);
                *out++ = (int8_t)dse_output(sum[2], *channel++, &range);
                *out++ = (int8_t)dse_output(sum[3], *channel++, &range);
            }
            for (; c < channels; c++) {
                int32_t sum = dse_taps_1(w, at.x + c, at.gap, p->rows.weights, row_bytes, c, bits);
                *out++ = (int8_t)dse_output(sum, *channel++, &range);
            }
        }
    }
}

#endif
