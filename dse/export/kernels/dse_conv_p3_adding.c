#include "dse_conv_base.h"

void dse_conv_p3_adding(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_conv_base(p, in, scratch, DSE_P3, out);
}
