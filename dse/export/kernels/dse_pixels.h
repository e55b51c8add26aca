/* Copies pixels, or channels of them, from one image to another. */
#ifndef DSE_PIXELS_H
#define DSE_PIXELS_H

#include "dse_arithmetic.h"

/* All lies on words; the gaps lie behind the words of a pixel. */
DSE_INLINE void dse_move_words(const dse_word *from, uint32_t from_gap, dse_word *to,
                               uint32_t to_gap, int words, uint32_t pixels)
{
    const int quads = words / 4, rest = words % 4;
    for (; pixels > 0; pixels--, from += from_gap, to += to_gap) {
        for (int left = quads; left > 0; left--, from += 4, to += 4) {
            const uint32_t a = from[0], b = from[1], c = from[2], d = from[3];
            to[0] = a;
            to[1] = b;
            to[2] = c;
            to[3] = d;
        }
        for (int left = rest; left > 0; left--) {
            *to++ = *from++;
            DSE_KEEP_LOOP();
        }
    }
}

/* From anywhere to anywhere; the gaps lie behind the bytes of a pixel. */
DSE_INLINE void dse_move_bytes(const int8_t *from, uint32_t from_gap, int8_t *to, uint32_t to_gap,
                               int words, int bytes, uint32_t pixels)
{
    for (; pixels > 0; pixels--, from += from_gap, to += to_gap) {
        for (int left = words; left > 0; left--, from += 4, to += 4) {
            *(dse_loose_word *)(void *)to = *(const dse_loose_word *)(const void *)from;
            DSE_KEEP_LOOP();
        }
        for (int left = bytes; left > 0; left--) {
            *to++ = *from++;
            DSE_KEEP_LOOP();
        }
    }
}

DSE_INLINE int dse_all_words(const int8_t *from, uint32_t from_step, const int8_t *to,
                             uint32_t to_step, uint32_t bytes)
{
    const uint32_t places = (uint32_t)(uintptr_t)from | (uint32_t)(uintptr_t)to;
    return ((places | from_step | to_step | bytes) & 3) == 0;
}

/* `bytes` of every pixel; `from_step` and `to_step`: bytes from one pixel to the next. By words
 * where all lies on them, else byte by byte or, if `is_loose`, by words at any address. */
DSE_INLINE void dse_move_pixels(const int8_t *from, uint32_t from_step, int8_t *to,
                                uint32_t to_step, uint32_t bytes, uint32_t pixels, int is_loose)
{
    const uint32_t from_gap = from_step - bytes, to_gap = to_step - bytes;
    if (dse_all_words(from, from_step, to, to_step, bytes)) {
        dse_move_words((const dse_word *)(const void *)from, from_gap / 4, (dse_word *)(void *)to,
                       to_gap / 4, (int)bytes / 4, pixels);
    } else if (is_loose) {
        dse_move_bytes(from, from_gap, to, to_gap, (int)bytes / 4, (int)bytes & 3, pixels);
    } else {
        dse_move_bytes(from, from_gap, to, to_gap, 0, (int)bytes, pixels);
    }
}

#endif
