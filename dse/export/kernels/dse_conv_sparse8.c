#include "dse_expand.h"

void dse_conv_sparse8(const dse_conv_params *p, const int8_t *in, void *scratch,
                      int8_t *out)
{
    dse_conv_expanded(p, in, scratch, dse_expand_sparse8, dse_conv_s8, 0, out);
}
