/* Gathers the inputs under a window into one run of bytes. */
#ifndef DSE_PATCH_H
#define DSE_PATCH_H

#include "dse_arithmetic.h"

/* How bytes may be moved: one by one, in aligned words, in words at any address. */
enum { DSE_BYTES, DSE_WORDS, DSE_LOOSE_WORDS };

DSE_INLINE int8_t *dse_copy(int8_t *to, const int8_t *from, int count, int by)
{
    for (; by != DSE_BYTES && count >= 4; count -= 4, to += 4, from += 4) {
        if (by == DSE_WORDS) {
            *(dse_word *)(void *)to = *(const dse_word *)(const void *)from;
        } else {
            *(dse_loose_word *)(void *)to = *(const dse_loose_word *)(const void *)from;
        }
        DSE_KEEP_LOOP();
    }
    for (; by != DSE_WORDS && count > 0; count--) {
        *to++ = *from++;
        DSE_KEEP_LOOP();
    }
    return to;
}

DSE_INLINE int8_t *dse_fill(int8_t *to, int value, int count, int by)
{
    uint32_t word = 0x01010101u * (uint8_t)value;
    for (; by != DSE_BYTES && count >= 4; count -= 4, to += 4) {
        if (by == DSE_WORDS) {
            *(dse_word *)(void *)to = word;
        } else {
            *(dse_loose_word *)(void *)to = word;
        }
        DSE_KEEP_LOOP();
    }
    for (; by != DSE_WORDS && count > 0; count--) {
        *to++ = (int8_t)value;
        DSE_KEEP_LOOP();
    }
    return to;
}

/* The window whose first input is (y, x), padded where it leaves the image. */
DSE_INLINE void dse_gather(const dse_window *w, const int8_t *in, int y, int x, int8_t *to, int by)
{
    int width = w->kernel_width, channels = w->channels, pad = w->pad;
    int before = x < 0 ? -x : 0;
    int after = x + width - w->in_width;
    before = before < width ? before : width;
    after = after < 0 ? 0 : after < width ? after : width;
    int inside = (width - before - after) * channels;
    int row_bytes = w->in_width * channels;
    int at = y * row_bytes + (x + before) * channels;
    for (int row = w->kernel_height; row > 0; row--, y++, at += row_bytes) {
        if (y < 0 || y >= w->in_height || inside == 0) {
            to = dse_fill(to, pad, width * channels, by);
        } else {
            to = dse_fill(to, pad, before * channels, by);
            to = dse_copy(to, in + at, inside, by);
            to = dse_fill(to, pad, after * channels, by);
        }
    }
}

/* Zeros behind the columns of a patch, up to a multiple of `group`. */
DSE_INLINE void dse_pad_columns(int8_t *patch, uint32_t columns, uint32_t group)
{
    for (; columns % group != 0; columns++) {
        patch[columns] = 0;
        DSE_KEEP_LOOP();
    }
}

#endif
