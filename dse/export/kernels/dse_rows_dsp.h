/* One or four vectors of widened inputs times all weight rows, for cores with the DSP extension. */
#ifndef DSE_ROWS_DSP_H
#define DSE_ROWS_DSP_H

#include "dse_block_dsp.h"

/* Groups of four columns in a packed row. */
DSE_INLINE uint32_t dse_groups(uint32_t columns, int bits)
{
    return bits == 2 ? (columns + 7) / 8 * 2 : (columns + 3) / 4;
}

/* Bytes of a packed pair of rows. */
DSE_INLINE uint32_t dse_pair_bytes(uint32_t groups, int bits)
{
    return bits < 0 ? dse_look_bytes(groups, bits) : groups * (uint32_t)bits;
}

/* Keeps a local in memory, where the inner loops look for it: else it is stored for every block. */
#define DSE_IN_MEMORY(local) __asm__ volatile("" : "+m"(local))

/* All outputs of one pixel. */
DSE_INLINE void dse_rows_dsp_1(const dse_rows *rows, const uint32_t *x, int bits, int8_t *out)
{
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    const uint32_t groups = dse_groups(rows->columns, bits);
    const uint32_t pair_bytes = dse_pair_bytes(groups, bits);
    const uint32_t *ends[2] = {x + 2 * (groups & ~3u), x + 2 * groups};
    const int down = dse_down(bits);
    const dse_finish finish = dse_finish_of(rows);
    const int32_t pre_shift = finish.pre_shift;
    DSE_IN_MEMORY(ends);
    for (int left = rows->outputs; left > 0; left -= 4, channel += 4, out += 4) {
        int32_t p[4] = {0, 0, 0, 0};
        const int last = left - 1;
        const uint8_t *second = left > 2 ? weights + pair_bytes : weights;
        if (bits < 0) {
            dse_look_1x4(x, weights, second, ends, bits, p);
        } else {
            dse_dot_1x4(x, weights, second, ends, bits, p);
        }
        weights = second + pair_bytes;
        const dse_channel *a = channel, *b = channel + (last < 1 ? last : 1);
        const dse_channel *c = channel + (last < 2 ? last : 2);
        const dse_channel *d = channel + (last < 3 ? last : 3);
        p[0] = dse_finish_scaled(&finish, dse_scale_of(a), dse_lift(p[0], down, pre_shift, a->bias));
        p[1] = dse_finish_scaled(&finish, dse_scale_of(b), dse_lift(p[1], down, pre_shift, b->bias));
        p[2] = dse_finish_scaled(&finish, dse_scale_of(c), dse_lift(p[2], down, pre_shift, c->bias));
        p[3] = dse_finish_scaled(&finish, dse_scale_of(d), dse_lift(p[3], down, pre_shift, d->bias));
        uint32_t bytes = dse_limit(&finish, dse_bytes(p[0], p[1], p[2], p[3]));
        if (left >= 4) {
            *(dse_loose_word *)(void *)out = bytes;
        } else {
            for (int i = 0; i < left; i++, bytes >>= 8) {
                out[i] = (int8_t)bytes;
            }
        }
    }
}

#endif
