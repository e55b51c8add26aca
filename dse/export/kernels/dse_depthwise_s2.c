#include "dse_depthwise_base.h"

void dse_depthwise_s2(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_depthwise_base(p, in, scratch, 2, out);
}
