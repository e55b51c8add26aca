#include "dse_arithmetic.h"

void dse_max_pool_bits(const dse_window *w, const int8_t *in, int8_t *out)
{
    const int words = (w->channels + 31) / 32, row_words = w->in_width * words;
    const dse_word *image = (const dse_word *)(const void *)in;
    dse_word *to = (dse_word *)(void *)out;
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        int y_end = y + w->kernel_height < w->in_height ? y + w->kernel_height : w->in_height;
        y = y < 0 ? 0 : y;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            int x_end = x + w->kernel_width < w->in_width ? x + w->kernel_width : w->in_width;
            x = x < 0 ? 0 : x;
            const dse_word *corner = image + y * row_words + x * words;
            for (int i = words; i > 0; i--, corner++) {
                const dse_word *line = corner;
                uint32_t any = 0;
                for (int j = y_end - y; j > 0; j--, line += row_words) {
                    const dse_word *value = line;
                    for (int k = x_end - x; k > 0; k--, value += words) {
                        any |= *value;
                    }
                }
                *to++ = any;
            }
        }
    }
}
