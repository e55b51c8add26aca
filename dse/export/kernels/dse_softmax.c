#include "dse_arithmetic.h"

/* (256 weight + total / 2) / total for weight <= total < 2^23, by nine steps of long division:
 * no core needs a division instruction for it. */
DSE_INLINE int32_t dse_share(uint32_t weight, uint32_t total)
{
    uint32_t rest = (weight << 8) + (total >> 1), share = 0;
    for (int bit = 8; bit >= 0; bit--) {
        uint32_t part = total << bit;
        share <<= 1;
        if (rest >= part) {
            rest -= part;
            share++;
        }
    }
    return (int32_t)share;
}

void dse_softmax(const dse_softmax_params *p, const int8_t *in, int8_t *out)
{
    const int channels = p->channels;
    for (uint32_t row = p->rows; row > 0; row--, in += channels) {
        int32_t top = in[0];
        uint32_t total = 0;
        for (int c = 1; c < channels; c++) {
            top = in[c] > top ? in[c] : top;
        }
        for (int c = 0; c < channels; c++) {
            total += (uint32_t)p->table[top - in[c]] >> 4;
        }
        for (int c = 0; c < channels; c++) {
            int32_t share = dse_share((uint32_t)p->table[top - in[c]] >> 4, total);
            share = share > 255 ? 255 : share;
            *out++ = (int8_t)dse_clamp(share - 128, p->low, p->high);
        }
    }
}
