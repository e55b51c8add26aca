/* Depthwise convolution, one output at a time. */
#ifndef DSE_DEPTHWISE_BASE_H
#define DSE_DEPTHWISE_BASE_H

#include "dse_patch.h"

/* One channel of a gathered window: `taps` inputs lie `channels` bytes apart. */
DSE_INLINE int32_t dse_taps(const int8_t *x, const int8_t *end, int channels,
                            const uint8_t *weights, uint32_t row_bytes, int channel, int bits)
{
    const int per_word = 32 / bits, slot = channel % per_word;
    const int up = 32 - bits - (8 * (slot % 4) + bits * (slot / 4));
    const uint8_t *tap = weights + (bits == 8 ? channel : channel / per_word * 4);
    int32_t sum = 0;
    do {
        sum += *x * (bits == 8 ? *(const int8_t *)tap
                               : (int32_t)(*(const dse_word *)(const void *)tap << up) >>
                                     (32 - bits));
        x += channels;
        tap += row_bytes;
    } while (x < end);
    return sum;
}

/* Two channels, of which the first is even, so that their weights share a word. */
DSE_INLINE void dse_taps_2(const int8_t *x, const int8_t *end, int channels, const uint8_t *weights,
                           uint32_t row_bytes, int channel, int bits, int32_t sum[2])
{
    const int per_word = 32 / bits, slot = channel % per_word;
    const int up = 32 - bits - (8 * (slot % 4) + bits * (slot / 4));
    const uint8_t *tap = weights + (bits == 8 ? channel : channel / per_word * 4);
    int32_t a = 0, b = 0;
#ifdef DSE_ARMV6M
    if (bits == 8) {
        /* All low registers of ARMv6-M: one index serves both pointers. */
        int32_t i = 0, s, t;
        __asm__(".syntax unified\n1:\n\t"
                "ldrsb %[s], [%[x], %[i]]\n\tldrsb %[t], [%[w], %[i]]\n\tmuls %[s], %[t], %[s]\n\t"
                "adds %[a], %[a], %[s]\n\tadds %[i], #1\n\t"
                "ldrsb %[s], [%[x], %[i]]\n\tldrsb %[t], [%[w], %[i]]\n\tmuls %[s], %[t], %[s]\n\t"
                "adds %[b], %[b], %[s]\n\tadd %[i], %[step]\n\tcmp %[i], %[last]\n\tblt 1b"
                : [a] "+l"(a), [b] "+l"(b), [i] "+l"(i), [s] "=&l"(s), [t] "=&l"(t)
                : [x] "l"(x), [w] "l"(tap), [step] "h"(channels - 1), [last] "h"(end - x)
                : "cc", "memory");
        sum[0] = a;
        sum[1] = b;
        return;
    }
#endif
    do {
        if (bits == 8) {
            a += x[0] * ((const int8_t *)tap)[0];
            b += x[1] * ((const int8_t *)tap)[1];
        } else {
            uint32_t word = *(const dse_word *)(const void *)tap << (up - 8);
            a += x[0] * ((int32_t)(word << 8) >> (32 - bits));
            b += x[1] * ((int32_t)word >> (32 - bits));
        }
        x += channels;
        tap += row_bytes;
    } while (x < end);
    sum[0] = a;
    sum[1] = b;
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
            int c = 0;
            for (; c + 2 <= channels; c += 2) {
                int32_t sum[2];
                dse_taps_2(patch + c, end, channels, p->rows.weights, row_bytes, c, bits, sum);
                *out++ = (int8_t)dse_output(sum[0], *channel++, &range);
                *out++ = (int8_t)dse_output(sum[1], *channel++, &range);
            }
            if (c < channels) {
                int32_t sum =
                    dse_taps(patch + c, end, channels, p->rows.weights, row_bytes, c, bits);
                *out++ = (int8_t)dse_output(sum, *channel, &range);
            }
        }
    }
}

#endif
