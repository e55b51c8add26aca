#include "dse_arithmetic.h"

void dse_avg_pool_dsp(const dse_avg_pool_params *p, const int8_t *in, int8_t *out)
{
    const dse_window *w = &p->window;
    const dse_range range = {p->pre_shift, p->zero_point, p->low, p->high};
    const dse_channel channel = p->channel;
    const int channels = w->channels, row_bytes = w->in_width * channels;
    for (int row = 0; row < w->out_height; row++) {
        for (int column = 0; column < w->out_width; column++) {
            const int8_t *corner =
                in + row * w->stride_y * row_bytes + column * w->stride_x * channels;
            for (int c = 0; c < channels; c++) {
                int32_t sum = 0;
                const int8_t *line = corner++;
                for (int i = w->kernel_height; i > 0; i--, line += row_bytes) {
                    const int8_t *value = line;
                    for (int j = w->kernel_width; j > 0; j--, value += channels) {
                        sum += *value;
                    }
                }
                *out++ = (int8_t)dse_output(sum, channel, &range);
            }
        }
    }
}
