#include "dse_expand.h"

void dse_linear_sparse8(const dse_linear_params *p, const int8_t *in, void *scratch,
                        int8_t *out)
{
    dse_linear_expanded(p, in, scratch, dse_expand_sparse8, dse_linear_s8, 0, out);
}
