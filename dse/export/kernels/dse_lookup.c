#include "dse_arithmetic.h"

void dse_lookup(const dse_lookup_params *p, const int8_t *in, int8_t *out)
{
    const int8_t *const table = p->table;
    const int8_t *const end = in + p->elements, *const quads = in + (p->elements & ~3u);
    while (in < quads) {
        int32_t a = table[(uint8_t)in[0]], b = table[(uint8_t)in[1]];
        int32_t c = table[(uint8_t)in[2]], d = table[(uint8_t)in[3]];
        in += 4;
        out[0] = (int8_t)a;
        out[1] = (int8_t)b;
        out[2] = (int8_t)c;
        out[3] = (int8_t)d;
        out += 4;
    }
    while (in < end) {
        *out++ = table[(uint8_t)*in++];
    }
}
