#include "dse_grouped.h"

void dse_grouped_dsp(const dse_grouped_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    dse_grouped_all(p, in, scratch, out, 1);
}
