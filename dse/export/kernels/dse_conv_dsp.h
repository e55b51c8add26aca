/* Convolution, four output pixels at a time, for cores with the DSP extension. */
#ifndef DSE_CONV_DSP_H
#define DSE_CONV_DSP_H

#include "dse_rows_dsp.h"
#include "dse_widen.h"

/* One widened window, its words four apart. Where kernel rows are no whole groups of four it may come
 * by way of `bytes`. */
DSE_INLINE void dse_window_wide(const dse_conv_params *p, const int8_t *in, int y, int x,
                                int8_t *bytes, uint32_t *to)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, row_bytes = w->in_width * channels;
    const int run = w->kernel_width * channels;
    if (channels % 4 == 0) {
        dse_gather_wide(w, in, y, x, to, 4);
    } else if (run >= 4 && dse_is_inside(w, y, x)) {
        dse_widen_runs(to, in + y * row_bytes + x * channels, w->kernel_height, run, row_bytes,
                       4);
    } else {
        dse_gather(w, in, y, x, bytes, DSE_LOOSE_WORDS);
        dse_widen(to, bytes, (int)p->rows.columns, 4);
    }
}

/* Whether the inputs of an output are a pixel, and those of the next output the next pixel. */
DSE_INLINE int dse_is_flat(const dse_window *w)
{
    return w->kernel_height * w->kernel_width == 1 && w->stride_y * w->stride_x == 1 &&
           w->out_height == w->in_height && w->out_width == w->in_width && w->channels % 4 == 0;
}

/* The place of the next window. */
typedef struct {
    int y, x;   /* its first input */
    int left;   /* windows that are left in the row */
    int others; /* at the end of each row, windows that dse_widen_nines is not for */
} dse_place;

/* How many windows at the end of a row dse_widen_nines is not for: those that leave the image, and all
 * that are not three rows of nine bytes. */
DSE_INLINE int dse_other_windows(const dse_window *w)
{
    const int last = w->in_width - w->kernel_width, width = w->out_width;
    if (w->kernel_height != 3 || w->kernel_width * w->channels != 9 || last < 0) {
        return width;
    }
    const int inside = (last + w->left) / w->stride_x + 1;
    return inside < width ? width - inside : 0;
}

/* The next windows, at most `most`, to words that lie four apart; returns how many. */
DSE_INLINE int dse_some_wide(const dse_conv_params *p, const int8_t *in, const dse_place *at,
                             int most, int8_t *bytes, uint32_t *to)
{
    const dse_window *w = &p->window;
    const int some = at->left - at->others, row_bytes = w->in_width * w->channels;
    if (some > 0 && at->x >= 0 && at->y >= 0 && at->y + 3 <= w->in_height) {
        const int count = some < most ? some : most;
        dse_widen_nines(to, in + at->y * row_bytes + at->x * w->channels, row_bytes,
                        w->stride_x * w->channels, count);
        return count;
    }
    dse_window_wide(p, in, at->y, at->x, bytes, to);
    return 1;
}

/* `count` windows on. */
DSE_INLINE void dse_go_on(dse_place *at, const dse_window *w, int count)
{
    at->left -= count;
    at->x += count * w->stride_x;
    if (at->left == 0) {
        at->left = w->out_width;
        at->x = -w->left;
        at->y += w->stride_y;
    }
}

/* Words that lie four apart, together. */
DSE_INLINE void dse_close_up(uint32_t *words, uint32_t count)
{
    const uint32_t *from = words;
    for (; count > 0; count--, from += 4) {
        *words++ = *from;
    }
}

DSE_INLINE void dse_conv_dsp(const dse_conv_params *p, const int8_t *in, uint32_t *wide, int bits,
                             int8_t *out)
{
    const dse_window *w = &p->window;
    const int stride = p->rows.stride, channels = w->channels, is_flat = dse_is_flat(w);
    const uint32_t groups = dse_groups(p->rows.columns, bits);
    int8_t *const bytes = (int8_t *)(void *)(wide + 8 * groups);
    dse_block block;
    dse_place at = {-w->top, -w->left, w->out_width, dse_other_windows(w)};
    int count = 4;
    dse_begin_blocks(&block, &p->rows, wide, groups, bits);
    for (int left = w->out_height * w->out_width; left > 0; left -= count, out += count * stride) {
        count = left < 4 ? 1 : 4;
        if (is_flat) {
            if (count == 4) {
                dse_widen_pixels(wide, in, channels);
            } else {
                dse_widen(wide, in, channels, 1);
            }
            in += count * channels;
        } else {
            for (int slot = 0; slot < count;) {
                const int some = dse_some_wide(p, in, &at, count - slot, bytes, wide + slot);
                dse_go_on(&at, w, some);
                slot += some;
            }
        }
        if (count == 4) {
            dse_rows_dsp_4(&p->rows, &block, bits, stride, out);
        } else {
            if (!is_flat) {
                dse_close_up(wide, 2 * groups);
            }
            dse_rows_dsp_1(&p->rows, wide, bits, out);
        }
    }
}

#endif
