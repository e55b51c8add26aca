#define DSE_TABLE dse_pairs_p3
#include "dse_linear_dsp.h"

void dse_linear_p3_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_linear_dsp(p, in, scratch, DSE_P3, out);
}
