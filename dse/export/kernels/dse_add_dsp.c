#include "dse_arithmetic.h"

void dse_add_dsp(const dse_add_params *p, const int8_t *first, const int8_t *second, int8_t *out)
{
    const int32_t offset = p->offset, one = p->first, two = p->second;
    const int shift = p->shift, low = p->low, high = p->high;
    for (uint32_t left = p->elements; left > 0; left--) {
        int32_t total = *first++ * one + *second++ * two + offset;
        *out++ = (int8_t)dse_clamp(total >> shift, low, high);
    }
}
