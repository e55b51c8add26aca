#include "dse_expand.h"

void dse_conv_sparse8_dsp(const dse_conv_params *p, const int8_t *in, void *scratch,
                          int8_t *out)
{
    dse_conv_expanded(p, in, scratch, dse_expand_sparse8, dse_conv_s8_dsp, 1, out);
}
