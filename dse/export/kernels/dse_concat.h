/* Tensors side by side: the channels of a pixel follow each other. */
#ifndef DSE_CONCAT_H
#define DSE_CONCAT_H

#include "dse_pixels.h"

DSE_INLINE void dse_concat_all(const dse_concat_params *p, const uint8_t *arena, int8_t *out,
                               int is_loose)
{
    const dse_concat_part *part = p->parts;
    for (int left = p->count; left > 0; left--, part++) {
        const int8_t *in = (const int8_t *)arena + part->start;
        dse_move_pixels(in, part->bytes, out, p->stride, part->bytes, p->pixels, is_loose);
        out += part->bytes;
    }
}

#endif
