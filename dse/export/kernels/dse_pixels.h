/* Copies pixels, or channels of them, from one image to another. */
#ifndef DSE_PIXELS_H
#define DSE_PIXELS_H

#include "dse_patch.h"

/* `bytes` of every pixel; `from_step` and `to_step`: bytes from one pixel to the next. */
DSE_INLINE void dse_move_pixels_by(const int8_t *from, uint32_t from_step, int8_t *to,
                                   uint32_t to_step, int bytes, uint32_t pixels, int by)
{
    for (; pixels > 0; pixels--, from += from_step, to += to_step) {
        const int8_t *source = from;
        int8_t *target = to;
        int left = bytes;
        for (; by != DSE_BYTES && left >= 16; left -= 16, source += 16, target += 16) {
            dse_copy(target, source, 16, by);
        }
        dse_copy(target, source, left, by);
    }
}

/* The same, by words where all lies on them; `loose`: DSE_BYTES or DSE_LOOSE_WORDS for the rest. */
DSE_INLINE void dse_move_pixels(const int8_t *from, uint32_t from_step, int8_t *to,
                                uint32_t to_step, uint32_t bytes, uint32_t pixels, int loose)
{
    const uint32_t all = (uint32_t)(uintptr_t)from | (uint32_t)(uintptr_t)to | from_step | to_step;
    if (((all | bytes) & 3) == 0) {
        dse_move_pixels_by(from, from_step, to, to_step, (int)bytes, pixels, DSE_WORDS);
    } else {
        dse_move_pixels_by(from, from_step, to, to_step, (int)bytes, pixels, loose);
    }
}

#endif
