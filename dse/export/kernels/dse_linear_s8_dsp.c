#include "dse_linear_dsp.h"

void dse_linear_s8_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_linear_dsp(p, in, scratch, 8, out);
}
