#include "dse_arithmetic.h"

void dse_add(const dse_add_params *p, const int8_t *first, const int8_t *second, int8_t *out)
{
    const int shift = p->shift, range = p->high - p->low, high = p->high;
    const int32_t offset = p->offset - p->low * (1 << shift), one = p->first, two = p->second;
    const int8_t *const end = first + p->elements;
    while (first < end) {
        /* Clamped without branches, whose time would depend on the data. */
        int32_t value = (*first++ * one + *second++ * two + offset) >> shift;
        value = range - (value & ~(value >> 31));
        *out++ = (int8_t)(high - (value & ~(value >> 31)));
    }
}
