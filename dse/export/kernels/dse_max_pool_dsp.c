#include "dse_arithmetic.h"

void dse_max_pool_dsp(const dse_max_pool_params *p, const int8_t *in, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, row_bytes = w->in_width * channels;
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        int y_end = y + w->kernel_height < w->in_height ? y + w->kernel_height : w->in_height;
        y = y < 0 ? 0 : y;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            int x_end = x + w->kernel_width < w->in_width ? x + w->kernel_width : w->in_width;
            x = x < 0 ? 0 : x;
            for (int c = 0; c < channels; c++) {
                int32_t largest = p->low;
                const int8_t *line = in + y * row_bytes + x * channels + c;
                for (int i = y_end - y; i > 0; i--, line += row_bytes) {
                    const int8_t *value = line;
                    for (int j = x_end - x; j > 0; j--, value += channels) {
                        largest = *value > largest ? *value : largest;
                    }
                }
                *out++ = (int8_t)(largest > p->high ? p->high : largest);
            }
        }
    }
}
