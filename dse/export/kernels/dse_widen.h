/* Inputs as pairs of 16-bit numbers, the form in which SMLAD takes them. */
#ifndef DSE_WIDEN_H
#define DSE_WIDEN_H

#include "dse_patch.h"
#include "dse_simd.h"

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
    for (; count > 0; count -= 4, from += 4, to += 2 * step) {
        uint32_t a = dse_load(from);
        to[0] = dse_sxtb16(a);
        to[step] = dse_sxtb16_ror8(a);
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

/* As dse_gather, with a short way for windows in the image. */
DSE_INLINE void dse_gather_bytes(const dse_window *w, const int8_t *in, int y, int x, int8_t *to)
{
    if (dse_is_inside(w, y, x)) {
        const int row_bytes = w->in_width * w->channels, run = w->kernel_width * w->channels;
        in += y * row_bytes + x * w->channels;
        for (int rows = w->kernel_height; rows > 0; rows--, in += row_bytes) {
            to = dse_copy(to, in, run, DSE_LOOSE_WORDS);
        }
    } else {
        dse_gather(w, in, y, x, to, DSE_LOOSE_WORDS);
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
