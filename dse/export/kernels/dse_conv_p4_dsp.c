#define DSE_TABLE dse_pairs_p4
#include "dse_conv_dsp.h"

void dse_conv_p4_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_conv_dsp(p, in, scratch, DSE_P4, out);
}
