#include "dse_expand.h"

void dse_linear_sparse8_dsp(const dse_linear_params *p, const int8_t *in, void *scratch,
                            int8_t *out)
{
    dse_linear_expanded(p, in, scratch, dse_expand_sparse8, dse_linear_s8_dsp, 1, out);
}
