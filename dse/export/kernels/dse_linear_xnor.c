#include "dse_xnor.h"

void dse_linear_xnor(const dse_linear_xnor_params *p, const int8_t *in, void *scratch, int8_t *out)
{
    uint32_t *signs = scratch;
    int columns = (int)p->rows.columns;
    int words = (int)(dse_signs(in, p->thresholds, columns, DSE_WORDS, signs) - signs);
    dse_group_by_three(signs, words);
    dse_rows_xnor(&p->rows, signs, words, columns, out);
}
