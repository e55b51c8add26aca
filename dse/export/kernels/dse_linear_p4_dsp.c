#define DSE_TABLE dse_pairs_p4
#include "dse_linear_dsp.h"

void dse_linear_p4_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_linear_dsp(p, in, scratch, DSE_P4, out);
}
