#include "dse_conv_dsp.h"

void dse_conv_s8_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_conv_dsp(p, in, scratch, 8, out);
}
