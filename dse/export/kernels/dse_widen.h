/* Inputs as pairs of 16-bit numbers, the form in which SMLAD takes them. */
#ifndef DSE_WIDEN_H
#define DSE_WIDEN_H

#include "dse_patch.h"
#include "dse_simd.h"

DSE_INLINE uint32_t *dse_widen_word(uint32_t *to, uint32_t word, int step)
{
    to[0] = dse_sxtb16(word);
    to[step] = dse_sxtb16_ror8(word);
    return to + 2 * step;
}

/* Four inputs k0..k3 become the words (k0, k2) and (k1, k3), `step` words apart: the order that
 * SXTB16 gives. The weights lie in the same order. */
DSE_INLINE uint32_t *dse_widen(uint32_t *to, const int8_t *from, int count, int step)
{
    for (; count >= 16; count -= 16, from += 16, to += 8 * step) {
        uint32_t a = dse_load(from), b = dse_load(from + 4);
        uint32_t c = dse_load(from + 8), d = dse_load(from + 12);
        to[0] = dse_sxtb16(a);
        to[step] = dse_sxtb16_ror8(a);
        to[2 * step] = dse_sxtb16(b);
        to[3 * step] = dse_sxtb16_ror8(b);
        to[4 * step] = dse_sxtb16(c);
        to[5 * step] = dse_sxtb16_ror8(c);
        to[6 * step] = dse_sxtb16(d);
        to[7 * step] = dse_sxtb16_ror8(d);
    }
    for (; count > 0; count -= 4, from += 4) {
        to = dse_widen_word(to, dse_load(from), step);
    }
    return to;
}

DSE_INLINE uint32_t *dse_widen_fill(uint32_t *to, int value, int count, int step)
{
    uint32_t pair = 0x00010001u * ((uint32_t)value & 0xFFFFu);
    for (; count > 0; count -= 4, to += 2 * step) {
        to[0] = pair;
        to[step] = pair;
    }
    return to;
}

DSE_INLINE int dse_is_inside(const dse_window *w, int y, int x)
{
    return y >= 0 && x >= 0 && y + w->kernel_height <= w->in_height &&
           x + w->kernel_width <= w->in_width;
}

/* `channels` inputs of each of four pixels that follow each other; their words lie in turn. */
DSE_INLINE void dse_widen_pixels(uint32_t *to, const int8_t *from, int channels)
{
    const int8_t *const end = from + channels, *second = from + 2 * channels;
    for (; from < end; from += 4, second += 4, to += 8) {
        uint32_t a = dse_load(from), b = dse_load(from + channels);
        uint32_t c = dse_load(second), d = dse_load(second + channels);
        to[0] = dse_sxtb16(a);
        to[1] = dse_sxtb16(b);
        to[2] = dse_sxtb16(c);
        to[3] = dse_sxtb16(d);
        to[4] = dse_sxtb16_ror8(a);
        to[5] = dse_sxtb16_ror8(b);
        to[6] = dse_sxtb16_ror8(c);
        to[7] = dse_sxtb16_ror8(d);
    }
}

/* Rows of `run` bytes, four at least, that lie `row_bytes` apart, as one run; of the last group only
 * what the rows fill counts. */
DSE_INLINE void dse_widen_runs(uint32_t *to, const int8_t *from, int rows, int run, int row_bytes,
                               int step)
{
    int left = run;
    for (;; rows--) {
        for (; left >= 4; left -= 4, from += 4) {
            to = dse_widen_word(to, dse_load(from), step);
        }
        if (rows == 1) {
            break;
        }
        const int8_t *next = from + left - run + row_bytes;
        if (left == 0) {
            from = next;
            left = run;
        } else {
            const uint32_t tail = dse_load(from) << (32 - 8 * left) >> (32 - 8 * left);
            to = dse_widen_word(to, tail | dse_load(next) << (8 * left), step);
            from = next + 4 - left;
            left += run - 4;
        }
    }
    if (left > 0) {
        dse_widen_word(to, dse_load(from + left - 4) >> (32 - 8 * left), step);
    }
}

/* Up to four windows of three rows of nine bytes, `gap` bytes apart; their words lie in turn. A word
 * over two rows begins in the second, and the end of the first is put into it. */
DSE_INLINE void dse_widen_nines(uint32_t *to, const int8_t *from, int row_bytes, int gap, int count)
{
    const int8_t *second = from + row_bytes, *third = second + row_bytes;
    const uint32_t *const end = to + count;
    for (; to < end; to++, from += gap, second += gap, third += gap) {
        const uint32_t a = dse_load(from), b = dse_load(from + 4);
        const uint32_t c = dse_load(second - 1), d = dse_load(second + 3);
        const uint32_t e = dse_load(third - 2), f = dse_load(third + 2), g = dse_load(third + 5);
        const uint32_t first_end = (uint8_t)from[8];
        const uint32_t second_end = *(const dse_loose_half *)(const void *)(second + 7);
        uint32_t *next = dse_widen_word(to, a, 4);
        next = dse_widen_word(next, b, 4);
        next = dse_widen_word(next, (c & 0xFFFFFF00u) | first_end, 4);
        next = dse_widen_word(next, d, 4);
        next = dse_widen_word(next, (e & 0xFFFF0000u) | second_end, 4);
        next = dse_widen_word(next, f, 4);
        dse_widen_word(next, g >> 8, 4);
    }
}

/* The window whose first input is (y, x), padded where it leaves the image; the channels are a
 * multiple of four. */
DSE_INLINE void dse_gather_wide(const dse_window *w, const int8_t *in, int y, int x, uint32_t *to,
                                int step)
{
    const int width = w->kernel_width, channels = w->channels, in_width = w->in_width;
    const int row_bytes = in_width * channels;
    int rows = w->kernel_height;
    if (dse_is_inside(w, y, x)) {
        in += y * row_bytes + x * channels;
        for (; rows > 0; rows--, in += row_bytes) {
            to = dse_widen(to, in, width * channels, step);
        }
        return;
    }
    int before = x < 0 ? -x : 0;
    int after = x + width - in_width;
    before = before < width ? before : width;
    after = after < 0 ? 0 : after < width ? after : width;
    const int inside = (width - before - after) * channels, pad = w->pad;
    for (; rows > 0; rows--, y++) {
        if (y < 0 || y >= w->in_height || inside == 0) {
            to = dse_widen_fill(to, pad, width * channels, step);
        } else {
            to = dse_widen_fill(to, pad, before * channels, step);
            to = dse_widen(to, in + y * row_bytes + (x + before) * channels, inside, step);
            to = dse_widen_fill(to, pad, after * channels, step);
        }
    }
}

#endif
