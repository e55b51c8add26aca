#include "dse_arithmetic.h"

void dse_argmax(const dse_argmax_params *p, const int8_t *in, int16_t *out)
{
    int32_t largest = in[0];
    uint32_t winner = 0;
    for (uint32_t i = 1; i < p->elements; i++) {
        if (in[i] > largest) {
            largest = in[i];
            winner = i;
        }
    }
    *out = (int16_t)winner;
}
