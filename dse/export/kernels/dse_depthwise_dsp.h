/* Depthwise convolution, four channels at a time, for cores with the DSP extension. */
#ifndef DSE_DEPTHWISE_DSP_H
#define DSE_DEPTHWISE_DSP_H

#include "dse_depthwise3_dsp.h"
#include "dse_finish.h"

/* The weights of up to four channels: for each tap two words as dse_widen makes them, times
 * 2^(8 - bits). */
DSE_INLINE void dse_widen_taps(const dse_conv_params *p, int channel, int count, int bits,
                               uint32_t *to)
{
    const int channels = p->window.channels, per_word = 32 / bits;
    const uint32_t row_bytes = dse_row_bytes((uint32_t)channels, bits);
    const uint8_t *tap = p->rows.weights;
    tap += bits == 8 ? channel : channel / per_word * 4;
    for (int left = p->window.kernel_height * p->window.kernel_width; left > 0; left--) {
        const int is_cut = bits == 8 && count < 4;
        uint32_t word = is_cut ? dse_load_some((const int8_t *)tap, count) : dse_load(tap);
        word = dse_weights(word, bits, channel % per_word / 4);
        to[0] = dse_sxtb16(word);
        to[1] = dse_sxtb16_ror8(word);
        to += 2;
        tap += row_bytes;
    }
}

/* Up to four channels of the image rows under a row of windows, padding included, a word a pixel:
 * after that no window leaves the image. */
DSE_INLINE void dse_copy_band(const dse_window *w, const int8_t *in, int y, int count, int width,
                              uint32_t *to)
{
    const int channels = w->channels, in_width = w->in_width, left = w->left;
    const uint32_t pad = 0x01010101u * (uint8_t)w->pad;
    const int inside = width - left < in_width ? width - left : in_width;
    for (int row = w->kernel_height; row > 0; row--, y++) {
        const int8_t *from = in + y * in_width * channels;
        const int copied = y >= 0 && y < w->in_height && inside > 0 ? inside : 0;
        const uint32_t *const end = to + width;
        for (int i = copied > 0 ? left : width; i > 0; i--) {
            *to++ = pad;
            DSE_KEEP_LOOP();
        }
        for (int i = copied; i > 0; i--, from += channels) {
            *to++ = count == 4 ? dse_load(from) : dse_load_some(from, count);
        }
        while (to < end) {
            *to++ = pad;
            DSE_KEEP_LOOP();
        }
    }
}

#ifdef DSE_ARMV7EM

#define DSE_TAP(even, odd)                                                                         \
    "ldr %[u], [%[x]]\n\tldr %[s], [%[w], #" even "]\n\tldr %[t], [%[w], #" odd "]\n\t"            \
    "add %[x], %[x], %[step]\n\tsxtb16 %[v], %[u], ror #8\n\tsxtb16 %[u], %[u]\n\t"                \
    "smlabb %[a], %[u], %[s], %[a]\n\tsmlatt %[c], %[u], %[s], %[c]\n\t"                           \
    "smlabb %[b], %[v], %[t], %[b]\n\tsmlatt %[d], %[v], %[t], %[d]\n\t"
#define DSE_NEXT_ROW "add %[x], %[x], %[gap]\n\t"
#define DSE_ROW_LOOP(row)                                                                          \
    DSE_TAPS(".p2align 2\n1:\n\t" row DSE_NEXT_ROW "subs %[rows], %[rows], #1\n\tbne 1b")
#define DSE_TAPS(body)                                                                             \
    __asm__(body                                                                                   \
            : [a] "+&r"(sum[0]), [b] "+&r"(sum[1]), [c] "+&r"(sum[2]), [d] "+&r"(sum[3]),          \
              [x] "+&r"(x), [w] "+&r"(w), [rows] "+&r"(rows), [s] "=&r"(s), [t] "=&r"(t),             \
              [u] "=&r"(u), [v] "=&r"(v), [left] "=&r"(left)                                       \
            : [step] "r"(step), [gap] "r"(gap), [width] "m"(width)                                 \
            : "cc", "memory")

/* Four channels of one window: its taps lie `step` bytes apart, and `gap` more between two rows. */
DSE_INLINE void dse_taps(const int8_t *x, const uint32_t *w, int step, int gap, int rows, int width,
                         int32_t sum[4])
{
    uint32_t s, t, u, v, left;
    DSE_ROW_LOOP("ldr %[left], %[width]\n2:\n\t" DSE_TAP("0", "4")
                 "add %[w], %[w], #8\n\tsubs %[left], %[left], #1\n\tbne 2b\n\t");
}

#else

DSE_INLINE void dse_taps(const int8_t *x, const uint32_t *w, int step, int gap, int rows, int width,
                         int32_t sum[4])
{
    for (; rows > 0; rows--, x += gap) {
        for (int column = 0; column < width; column++, x += step, w += 2) {
            uint32_t even = dse_load(x), odd = dse_sxtb16_ror8(even);
            even = dse_sxtb16(even);
            sum[0] = dse_smlabb(even, w[0], sum[0]);
            sum[1] = dse_smlabb(odd, w[1], sum[1]);
            sum[2] = dse_smlatt(even, w[0], sum[2]);
            sum[3] = dse_smlatt(odd, w[1], sum[3]);
        }
    }
}

#endif

/* All pixels of up to four channels: `channel` and those behind it. */
DSE_INLINE void dse_depthwise_group(const dse_conv_params *p, const int8_t *in, uint32_t *taps,
                                    int channel, int bits, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, width = w->kernel_width, rows = w->kernel_height;
    const int count = channels - channel < 4 ? channels - channel : 4;
    dse_four four;
    uint32_t *const band = taps + 2 * rows * width;
    const int band_width = (w->out_width - 1) * w->stride_x + width;
    const int is_direct = count == 4 && (w->top | w->left) == 0 && band_width <= w->in_width &&
                          (w->out_height - 1) * w->stride_y + rows <= w->in_height;
    const int step = is_direct ? channels : 4;
    const int gap = ((is_direct ? w->in_width : band_width) - width) * step;
    const int stride = w->stride_x * step;
    in += channel;
    out += channel;
    dse_four_of(&four, &p->rows, channel, count, 8 - bits);
    dse_widen_taps(p, channel, count, bits, taps);
    for (int row = 0; row < w->out_height; row++) {
        const int y = row * w->stride_y - w->top;
        const int8_t *window = is_direct ? in + y * w->in_width * channels : (const int8_t *)band;
        if (!is_direct) {
            if (count == 4) {
                dse_copy_band(w, in, y, 4, band_width, band);
            } else {
                dse_copy_band(w, in, y, count, band_width, band);
            }
        }
        for (int column = w->out_width; column > 0; column--, window += stride, out += channels) {
            int32_t sum[4] = {four.start[0], four.start[1], four.start[2], four.start[3]};
            dse_taps(window, taps, step, gap, rows, width, sum);
            uint32_t bytes = dse_finish_four(&four, sum, 8 - bits);
            if (count == 4) {
                *(dse_loose_word *)(void *)out = bytes;
            } else {
                for (int i = 0; i < count; i++, bytes >>= 8) {
                    out[i] = (int8_t)bytes;
                }
            }
        }
    }
}

DSE_INLINE void dse_depthwise_dsp(const dse_conv_params *p, const int8_t *in, uint32_t *taps,
                                  int bits, int8_t *out)
{
    if (dse_is_three(p)) {
        dse_depthwise3_dsp(p, in, taps, bits, out);
        return;
    }
    for (int channel = 0; channel < p->window.channels; channel += 4) {
        dse_depthwise_group(p, in, taps, channel, bits, out);
    }
}

#endif
