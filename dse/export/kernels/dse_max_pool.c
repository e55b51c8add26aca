#include "dse_arithmetic.h"

/* The larger of each two bytes. */
DSE_INLINE uint32_t dse_larger(uint32_t a, uint32_t b)
{
    /* Where the signs are alike the low bits decide, elsewhere the sign of b. */
    uint32_t differ = a ^ b, a_first = (a | 0x80808080u) - (b & 0x7F7F7F7Fu);
    a_first ^= differ & (a_first ^ b);
    return b ^ (differ & ((a_first >> 7 & 0x01010101u) * 0xFFu));
}

/* Largest of a window of `rows` lines of `row` bytes; by words or by bytes. */
DSE_INLINE uint32_t dse_largest(const int8_t *line, int rows, int row_bytes, int row, int step,
                                int by_words, uint32_t largest)
{
    for (; rows > 0; rows--, line += row_bytes) {
        const int8_t *value = line;
        const int8_t *const end = line + row;
        for (; value < end; value += step) {
            if (by_words) {
                largest = dse_larger(largest, *(const dse_word *)(const void *)value);
            } else {
                largest = (uint32_t)(*value > (int32_t)largest ? *value : (int32_t)largest);
            }
        }
    }
    return largest;
}

void dse_max_pool(const dse_max_pool_params *p, const int8_t *in, int8_t *out)
{
    const dse_window *w = &p->window;
    const int channels = w->channels, row_bytes = w->in_width * channels;
    const uint32_t low = 0x01010101u * (uint8_t)p->low, low_high = 0x01010101u * (uint8_t)~p->high;
    for (int row = 0; row < w->out_height; row++) {
        int y = row * w->stride_y - w->top;
        int y_end = y + w->kernel_height < w->in_height ? y + w->kernel_height : w->in_height;
        y = y < 0 ? 0 : y;
        for (int column = 0; column < w->out_width; column++) {
            int x = column * w->stride_x - w->left;
            int x_end = x + w->kernel_width < w->in_width ? x + w->kernel_width : w->in_width;
            x = x < 0 ? 0 : x;
            const int8_t *corner = in + y * row_bytes + x * channels;
            const int8_t *const end = corner + channels;
            const int rows = y_end - y, bytes = (x_end - x) * channels;
            if ((channels & 3) == 0) {
                for (; corner < end; corner += 4, out += 4) {
                    uint32_t most = dse_largest(corner, rows, row_bytes, bytes, channels, 1, low);
                    /* The smaller of two is the larger of the complements, complemented. */
                    *(dse_word *)(void *)out = ~dse_larger(~most, low_high);
                }
            } else {
                for (; corner < end; corner++) {
                    int32_t most = (int32_t)dse_largest(corner, rows, row_bytes, bytes, channels, 0,
                                                        (uint32_t)(int32_t)p->low);
                    *out++ = (int8_t)(most > p->high ? p->high : most);
                }
            }
        }
    }
}
