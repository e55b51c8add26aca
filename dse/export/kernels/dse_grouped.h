/* A convolution of groups of channels: each group's inputs are gathered and go to its kernel. */
#ifndef DSE_GROUPED_H
#define DSE_GROUPED_H

#include "dse_pixels.h"

DSE_INLINE void dse_grouped_all(const dse_grouped_params *p, const int8_t *in, int8_t *image,
                                int8_t *out, int is_loose)
{
    dse_conv_params group = {p->window, p->rows};
    const uint32_t pixels = (uint32_t)p->window.in_height * p->window.in_width;
    const uint32_t channels = p->channels, stride = p->window.channels;
    int8_t *const inner = image + ((pixels * channels + 3) & ~3u);
    const uint8_t *weights = p->rows.weights;
    group.window.channels = p->channels;
    for (int left = p->groups; left > 0; left--, in += channels, out += group.rows.outputs) {
        group.rows.weights = weights;
        dse_move_pixels(in, stride, image, channels, channels, pixels, is_loose);
        p->kernel(&group, image, inner, out);
        weights += p->weight_bytes;
        group.rows.channels += group.rows.outputs;
    }
}

#endif
