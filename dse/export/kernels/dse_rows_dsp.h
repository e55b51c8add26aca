/* One or four vectors of widened inputs times all weight rows, for cores with the DSP extension. */
#ifndef DSE_ROWS_DSP_H
#define DSE_ROWS_DSP_H

#include "dse_block_dsp.h"
#include "dse_look_dsp.h"

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

/* The sums are times two to this. */
DSE_INLINE int dse_down(int bits)
{
    return bits < 0 ? 0 : 8 - bits;
}

/* Keeps a local in memory, where the inner loops look for it: else it is stored for every block. */
#define DSE_IN_MEMORY(local) __asm__ volatile("" : "+m"(local))

/* All outputs of four pixels that follow each other; their inputs lie in turn, word by word. */
DSE_INLINE void dse_rows_dsp_4(const dse_rows *rows, dse_block *block, int bits, int stride,
                               int8_t *out)
{
    const uint32_t *x = block->x;
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
#ifdef DSE_ARMV7EM
    if (bits > 0) {
        dse_block_of_rows(rows, block, bits, stride, out);
        return;
    }
#endif
    const uint32_t *ends[2] = {block->most, block->end};
    const int outputs = rows->outputs, next = stride, down = dse_down(bits);
    dse_finish finish = dse_finish_of(rows);
    const int32_t pre_shift = finish.pre_shift;
    /* Nothing happens to the sums of such layers, so that they can begin with the bias. */
    const int is_plain = down == 0 && pre_shift == 0;
    DSE_IN_MEMORY(ends);
    DSE_IN_MEMORY(finish);
    for (int left = outputs; left > 0; left -= 2, channel += 2) {
        const dse_channel *odd = left > 1 ? channel + 1 : channel;
        const int32_t first = is_plain ? channel->bias : 0, second = is_plain ? odd->bias : 0;
        int32_t p[4] = {first, first, first, first}, q[4] = {second, second, second, second};
        uint32_t words[2];
        weights = bits < 0 ? dse_look_4x2(x, weights, ends, bits, p, q)
                           : dse_dot_4x2(x, weights, ends, bits, p, q);
        if (!is_plain) {
            const int32_t one = channel->bias, two = odd->bias;
            p[0] = dse_lift(p[0], down, pre_shift, one);
            p[1] = dse_lift(p[1], down, pre_shift, one);
            p[2] = dse_lift(p[2], down, pre_shift, one);
            p[3] = dse_lift(p[3], down, pre_shift, one);
            q[0] = dse_lift(q[0], down, pre_shift, two);
            q[1] = dse_lift(q[1], down, pre_shift, two);
            q[2] = dse_lift(q[2], down, pre_shift, two);
            q[3] = dse_lift(q[3], down, pre_shift, two);
        }
        dse_finish_8(&finish, channel, odd, p, q, words);
        int8_t *to = out;
        if (left > 1) {
            dse_store_2(to, words[0]);
            dse_store_2(to + next, words[0] >> 16);
            to += 2 * next;
            dse_store_2(to, words[1]);
            dse_store_2(to + next, words[1] >> 16);
            out += 2;
        } else {
            to[0] = (int8_t)words[0];
            to[next] = (int8_t)(words[0] >> 16);
            to[2 * next] = (int8_t)words[1];
            to[3 * next] = (int8_t)(words[1] >> 16);
        }
    }
}

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
