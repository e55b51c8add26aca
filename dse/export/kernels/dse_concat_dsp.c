#include "dse_concat.h"

void dse_concat_dsp(const dse_concat_params *p, const uint8_t *arena, int8_t *out)
{
    dse_concat_all(p, arena, out, 1);
}
