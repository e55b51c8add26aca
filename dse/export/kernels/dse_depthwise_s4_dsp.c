#include "dse_depthwise_dsp.h"

void dse_depthwise_s4_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_depthwise_dsp(p, in, scratch, 4, out);
}
