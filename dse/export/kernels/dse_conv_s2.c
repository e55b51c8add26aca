#include "dse_conv_base.h"

void dse_conv_s2(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_conv_base(p, in, scratch, 2, out);
}
