#include "dse_arithmetic.h"

void dse_transpose(const dse_transpose_params *p, const int8_t *in, int8_t *out)
{
    const uint32_t step = p->stride[2];
    for (int i = p->size[0]; i > 0; i--, in += p->stride[0]) {
        const int8_t *line = in;
        for (int j = p->size[1]; j > 0; j--, line += p->stride[1]) {
            const int8_t *value = line;
            for (int k = p->size[2]; k > 0; k--, value += step) {
                *out++ = *value;
                DSE_KEEP_LOOP();
            }
        }
    }
}
