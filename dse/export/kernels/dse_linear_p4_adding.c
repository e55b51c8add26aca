#include "dse_linear_base.h"

void dse_linear_p4_adding(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_linear_base(p, in, scratch, DSE_P4, out);
}
