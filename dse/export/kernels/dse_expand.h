/* Packed weight rows become rows of bytes in scratch, a few at a time, and are used as those. */
#ifndef DSE_EXPAND_H
#define DSE_EXPAND_H

#include "dse_patch.h"

/* `groups` groups of eight weights to bytes; returns what follows them. */
typedef const uint8_t *dse_expand(const uint8_t *packed, uint32_t groups, int8_t *to);
dse_expand dse_expand_p4, dse_expand_p3, dse_expand_sparse8;

/* The kernels that use the expanded rows. */
typedef void dse_linear_block(const dse_linear_params *p, const int8_t *in, void *scratch,
                              int8_t *out);

/* The rows that lie in scratch at a time: on base each rounded up to eight columns, on dsp in
 * pairs as in dse_dot_dsp.h. */
typedef struct {
    int8_t *to;            /* where they lie */
    const uint8_t *packed; /* the next ones */
    uint32_t left;         /* rows that are not expanded yet */
    uint32_t most;         /* rows at a time */
    uint32_t groups;       /* of a row or of a pair */
    int in_pairs;
} dse_expansion;

DSE_INLINE uint32_t dse_expanded_bytes(const dse_expansion *state)
{
    return state->most * state->groups * (state->in_pairs ? 4 : 8);
}

/* Make `rows` stand for the expanded rows at `to`, of which there are none yet. */
DSE_INLINE dse_expansion dse_expansion_of(dse_rows *rows, int8_t *to, int in_pairs)
{
    const uint32_t columns = rows->columns;
    dse_expansion state = {to, rows->weights, rows->outputs, in_pairs ? 8 : 4,
                           in_pairs ? (columns + 3) / 4 : (columns + 7) / 8, in_pairs};
    rows->weights = to;
    rows->columns = in_pairs ? columns : state.groups * 8;
    rows->outputs = 0;
    return state;
}

/* The next rows; returns 0 behind the last. */
DSE_INLINE int dse_expand_next(dse_expansion *state, dse_rows *rows, dse_expand *expand)
{
    const uint32_t count = state->left < state->most ? state->left : state->most;
    const uint32_t units = state->in_pairs ? (count + 1) / 2 : count;
    rows->channels += rows->outputs;
    rows->outputs = (uint16_t)count;
    state->left -= count;
    state->packed = expand(state->packed, units * state->groups, state->to);
    return count != 0;
}

/* Every round visits all pixels. */
DSE_INLINE void dse_conv_expanded(const dse_conv_params *p, const int8_t *in, int8_t *scratch,
                                  dse_expand *expand, dse_conv_kernel *block, int in_pairs,
                                  int8_t *out)
{
    dse_conv_params some = *p;
    dse_expansion state = dse_expansion_of(&some.rows, scratch, in_pairs);
    int8_t *inner = scratch + dse_expanded_bytes(&state);
    for (; dse_expand_next(&state, &some.rows, expand); out += some.rows.outputs) {
        block(&some, in, inner, out);
    }
}

DSE_INLINE void dse_linear_expanded(const dse_linear_params *p, const int8_t *in, int8_t *scratch,
                                    dse_expand *expand, dse_linear_block *block, int in_pairs,
                                    int8_t *out)
{
    dse_linear_params some = *p;
    dse_expansion state = dse_expansion_of(&some.rows, scratch, in_pairs);
    int8_t *inner = scratch + dse_expanded_bytes(&state);
    if (some.rows.columns != p->rows.columns) {
        int tail = (int)p->rows.columns & 3, words = (int)p->rows.columns - tail;
        dse_copy(inner, in, words, DSE_WORDS);
        dse_copy(inner + words, in + words, tail, DSE_BYTES);
        dse_pad_columns(inner, p->rows.columns, 8);
        in = inner;
    }
    for (; dse_expand_next(&state, &some.rows, expand); out += some.rows.outputs) {
        block(&some, in, inner, out);
    }
}

#endif
