/* Depthwise convolution with windows of three by three, for cores with the DSP extension.
 *
 * Four channels at a time. Small images: see dse_whole_dsp.h. Else the three image rows under a row of windows lie in scratch as pairs of
 * 16-bit neighbours, each row transposed once: a pair of columns takes twelve words, four channels
 * of three rows, and row y of the image has the place y mod 3. Then each channel goes along its
 * rows with all its weights in registers. */
#ifndef DSE_DEPTHWISE3_DSP_H
#define DSE_DEPTHWISE3_DSP_H

#include "dse_whole_dsp.h"

/* Larger shifts have no multiplier of 32 bits and larger pre_shifts no taps of 16: then the general
 * kernel does it. */
DSE_INLINE int dse_is_three(const dse_conv_params *p)
{
    const dse_window *w = &p->window;
    int most = 0;
    if (w->channels < 4 || w->kernel_height != 3 || w->kernel_width != 3 || w->stride_x > 2 ||
        p->rows.pre_shift > DSE_MOST_PRE_SHIFT) {
        return 0;
    }
    for (int i = 0; i < w->channels; i++) {
        most = p->rows.channels[i].shift > most ? p->rows.channels[i].shift : most;
    }
    return most <= DSE_MOST_SHIFT;
}

/* All pixels of up to four channels, whose `taps` lie behind their planes, but for the clamp. */
DSE_INLINE void dse_rows_of_three(const dse_conv_params *p, const dse_row_plan *plan,
                                  const int8_t *in, uint32_t *planes, const uint32_t *taps,
                                  int count, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, width = w->out_width, stride = w->stride_x;
    const int row_bytes = w->in_width * channels;
    /* A last row must end where it ends; the others may spill into the next. */
    const int last_fours = width / 4, fours = width % 4 == 3 ? last_fours + 1 : last_fours;
    const int four_words = 2 * stride * DSE_PAIR_WORDS;
    dse_lanes lanes;
    int ready = 0, place = 0, y = -w->top;
    lanes.last = taps + count * DSE_TAP_WORDS;
    lanes.span = 4 * fours * four_words;
    lanes.rest = width % 4 == 3 ? 0 : width % 4;
    lanes.step = channels;
    lanes.zero_point = p->rows.zero_point;
    for (int row = w->out_height, first = 0; row > 0; row--, first += w->stride_y) {
        for (; ready < first; ready++, y++) {
            place = place == 2 ? 0 : place + 1;
        }
        for (; ready < first + 3; ready++, y++) {
            const int is_inside = y >= 0 && y < w->in_height;
            dse_transpose_row(plan, in + y * row_bytes, is_inside, planes + 4 * place);
            place = place == 2 ? 0 : place + 1;
        }
        if (row == 1) {
            lanes.span = 4 * last_fours * four_words;
            lanes.rest = width % 4;
        }
        lanes.taps = taps;
        lanes.turn = place == 0 ? 0 : 24 - 8 * place;
        lanes.end = planes + 4 - count + lanes.span / 4;
        lanes.first = out;
        out += width * channels;
        dse_run_lanes(&lanes, stride);
    }
}

/* The same for a small image. */
DSE_INLINE void dse_image_of_three(const dse_conv_params *p, const dse_row_plan *plan,
                                   const int8_t *in, uint32_t *planes, const uint32_t *taps,
                                   int count, int8_t *out)
{
    const dse_window *w = &p->window;
    const uint32_t *row = planes + 4 - count;
    dse_whole whole = {.taps = taps,
                       .last = taps + count * DSE_WHOLE_TAP_WORDS,
                       .row = row,
                       .end = row + 4 * w->out_height * w->stride_y,
                       .first = out,
                       .row_bytes = 16 * w->stride_y,
                       .rest = w->out_width - 4,
                       .step = w->channels,
                       .zero_point = p->rows.zero_point};
    dse_whole_planes(w, plan, in, planes);
    dse_run_whole(&whole, w->stride_x);
}

/* A word of outputs to the smallest and, unless that is 127, the largest value. */
DSE_INLINE uint32_t dse_clamp_word(uint32_t word, uint32_t low, uint32_t high, int has_high)
{
    word = dse_max_bytes(word, low);
    return has_high ? dse_min_bytes(word, high) : word;
}

DSE_INLINE void dse_clamp_sixteens(int8_t *out, const int8_t *end, uint32_t low, uint32_t high,
                                   int has_high)
{
    for (; out < end; out += 16) {
        const uint32_t a = dse_load(out), b = dse_load(out + 4);
        const uint32_t c = dse_load(out + 8), d = dse_load(out + 12);
        dse_loose_word *const to = (dse_loose_word *)(void *)out;
        to[0] = dse_clamp_word(a, low, high, has_high);
        to[1] = dse_clamp_word(b, low, high, has_high);
        to[2] = dse_clamp_word(c, low, high, has_high);
        to[3] = dse_clamp_word(d, low, high, has_high);
    }
}

/* Every output to its smallest and largest value. */
DSE_INLINE void dse_clamp_all(const dse_conv_params *p, int8_t *out)
{
    const dse_window *w = &p->window;
    const uint32_t low = 0x01010101u * (uint8_t)p->rows.low;
    const uint32_t high = 0x01010101u * (uint8_t)p->rows.high;
    const int bytes = w->out_height * w->out_width * w->channels;
    int8_t *const end = out + bytes, *const last = out + (bytes & ~15);
    if (p->rows.high != 127) {
        dse_clamp_sixteens(out, last, low, high, 1);
    } else if (p->rows.low != -128) {
        dse_clamp_sixteens(out, last, low, high, 0);
    } else {
        return;
    }
    for (out = last; out < end; out++) {
        *out = (int8_t)dse_clamp(*out, p->rows.low, p->rows.high);
    }
}

DSE_INLINE void dse_depthwise3_dsp(const dse_conv_params *p, const int8_t *in, uint32_t *planes,
                                   int bits, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, is_whole = dse_is_whole(w);
    const dse_row_plan plan = dse_row_plan_of(w, ((w->out_width - 1) * w->stride_x >> 1) + 2);
    const int tap_words = is_whole ? DSE_WHOLE_TAP_WORDS : DSE_TAP_WORDS;
    uint32_t *const taps = planes + plan.pairs * (is_whole ? DSE_WHOLE_PAIR_WORDS : DSE_PAIR_WORDS);
    for (uint32_t *to = planes; is_whole && to < taps; to++) {
        *to = dse_sxtb16(plan.pad);
    }
    for (int channel = 0; channel < channels; channel += 4) {
        const int count = channels - channel < 4 ? channels - channel : 4;
        const int8_t *const from = in + channel + count - 4;
        dse_transpose_taps(p, channel, count, bits, tap_words, taps);
        if (is_whole) {
            dse_image_of_three(p, &plan, from, planes, taps, count, out + channel);
        } else {
            dse_rows_of_three(p, &plan, from, planes, taps, count, out + channel);
        }
    }
    dse_clamp_all(p, out);
}

#endif
