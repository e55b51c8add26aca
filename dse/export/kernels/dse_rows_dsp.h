/* One or two vectors of inputs times all weight rows, for cores with the DSP extension. */
#ifndef DSE_ROWS_DSP_H
#define DSE_ROWS_DSP_H

#include "dse_simd.h"

/* Four columns of two inputs and two rows; u and v are four weights each. */
DSE_INLINE void dse_step_2x2(const int8_t *x, const int8_t *y, uint32_t u, uint32_t v,
                             int32_t dot[4])
{
    uint32_t x_even = dse_load(x), y_even = dse_load(y);
    uint32_t x_odd = dse_sxtb16_ror8(x_even), y_odd = dse_sxtb16_ror8(y_even);
    x_even = dse_sxtb16(x_even);
    y_even = dse_sxtb16(y_even);
    uint32_t even = dse_sxtb16(u), odd = dse_sxtb16_ror8(u);
    dot[0] = dse_smlad(x_even, even, dot[0]);
    dot[2] = dse_smlad(y_even, even, dot[2]);
    dot[0] = dse_smlad(x_odd, odd, dot[0]);
    dot[2] = dse_smlad(y_odd, odd, dot[2]);
    even = dse_sxtb16(v);
    odd = dse_sxtb16_ror8(v);
    dot[1] = dse_smlad(x_even, even, dot[1]);
    dot[3] = dse_smlad(y_even, even, dot[3]);
    dot[1] = dse_smlad(x_odd, odd, dot[1]);
    dot[3] = dse_smlad(y_odd, odd, dot[3]);
}

/* Four columns of one input and two rows. */
DSE_INLINE void dse_step_1x2(const int8_t *x, uint32_t u, uint32_t v, int32_t dot[2])
{
    uint32_t even = dse_load(x), odd = dse_sxtb16_ror8(even);
    even = dse_sxtb16(even);
    dot[0] = dse_smlad(even, dse_sxtb16(u), dot[0]);
    dot[1] = dse_smlad(even, dse_sxtb16(v), dot[1]);
    dot[0] = dse_smlad(odd, dse_sxtb16_ror8(u), dot[0]);
    dot[1] = dse_smlad(odd, dse_sxtb16_ror8(v), dot[1]);
}

#ifdef DSE_ARMV7EM

/* The compiler would spill four registers of this loop. Operands: s and t are temporary, a and b
 * hold the even and odd columns of x, c and d those of y. */
#define DSE_INPUTS                                                                                 \
    "ldr %[a], [%[x]], #4\n\tldr %[c], [%[y]], #4\n\t"
#define DSE_WIDEN                                                                                  \
    "sxtb16 %[b], %[a], ror #8\n\tsxtb16 %[a], %[a]\n\t"                                           \
    "sxtb16 %[d], %[c], ror #8\n\tsxtb16 %[c], %[c]\n\t"
#define DSE_MULTIPLY(p, q)                                                                         \
    "sxtb16 %[s], %[t]\n\tsxtb16 %[t], %[t], ror #8\n\t"                                           \
    "smlad %[" p "], %[a], %[s], %[" p "]\n\tsmlad %[" q "], %[c], %[s], %[" q "]\n\t"             \
    "smlad %[" p "], %[b], %[t], %[" p "]\n\tsmlad %[" q "], %[d], %[t], %[" q "]\n\t"
/* Four columns of both rows out of one word of each, by a shift and a mask. */
#define DSE_PACKED(shift, mask, advance)                                                           \
    DSE_INPUTS "ldr %[t], [%[u]]" advance "\n\t" DSE_WIDEN shift                                   \
    "and %[t], %[t], #" mask "\n\t" DSE_MULTIPLY("p", "q")                                        \
    "ldr %[t], [%[v]]" advance "\n\t" shift                                                       \
    "and %[t], %[t], #" mask "\n\t" DSE_MULTIPLY("r", "w")
#define DSE_SHIFT(by) "lsl %[t], %[t], #" by "\n\t"
#define DSE_LOOP(body)                                                                             \
    __asm__(".p2align 2\n"                                                                        \
            "1:\n\t" body "ldr %[t], %[end]\n\tcmp %[x], %[t]\n\tbne 1b"                           \
            : [x] "+r"(x), [y] "+r"(y), [u] "+r"(first), [v] "+r"(second), [p] "+r"(dot[0]),       \
              [r] "+r"(dot[1]), [q] "+r"(dot[2]), [w] "+r"(dot[3]), [a] "=&r"(a), [b] "=&r"(b),    \
              [c] "=&r"(c), [d] "=&r"(d), [s] "=&r"(s), [t] "=&r"(t)                               \
            : [end] "m"(end)                                                                       \
            : "cc", "memory")

DSE_INLINE void dse_dot_2x2(const int8_t *x, const int8_t *y, const uint8_t *first,
                            const uint8_t *second, uint32_t steps, int bits, int32_t dot[4])
{
    const int8_t *const end = x + steps * (32 / (uint32_t)bits);
    uint32_t a, b, c, d, s, t;
    dot[0] = dot[1] = dot[2] = dot[3] = 0;
    if (bits == 8) {
        DSE_LOOP(DSE_INPUTS "ldr %[t], [%[u]], #4\n\t" DSE_WIDEN DSE_MULTIPLY("p", "q")
                 "ldr %[t], [%[v]], #4\n\t" DSE_MULTIPLY("r", "w"));
    } else if (bits == 4) {
        DSE_LOOP(DSE_PACKED(DSE_SHIFT("4"), "0xF0F0F0F0", "") DSE_PACKED("", "0xF0F0F0F0", ", #4"));
    } else {
        DSE_LOOP(DSE_PACKED(DSE_SHIFT("6"), "0xC0C0C0C0", "")
                 DSE_PACKED(DSE_SHIFT("4"), "0xC0C0C0C0", "")
                 DSE_PACKED(DSE_SHIFT("2"), "0xC0C0C0C0", "")
                 DSE_PACKED("", "0xC0C0C0C0", ", #4"));
    }
    for (int i = 0; i < 4; i++) {
        dot[i] >>= 8 - bits;
    }
}

#else

/* dot = {x first, x second, y first, y second}, each times 2^(8 - bits). */
DSE_INLINE void dse_dot_2x2(const int8_t *x, const int8_t *y, const uint8_t *first,
                            const uint8_t *second, uint32_t steps, int bits, int32_t dot[4])
{
    int32_t sum[4] = {0, 0, 0, 0};
    for (; steps > 0; steps--, first += 4, second += 4) {
        uint32_t u = dse_load(first), v = dse_load(second);
        for (int step = 0; step < 8 / bits; step++, x += 4, y += 4) {
            dse_step_2x2(x, y, dse_weights(u, bits, step), dse_weights(v, bits, step), sum);
        }
    }
    for (int i = 0; i < 4; i++) {
        dot[i] = sum[i] >> (8 - bits);
    }
}

#endif

/* dot = {x first, x second}, each times 2^(8 - bits). */
DSE_INLINE void dse_dot_1x2(const int8_t *x, const uint8_t *first, const uint8_t *second,
                            uint32_t steps, int bits, int32_t dot[2])
{
    int32_t sum[2] = {0, 0};
    for (; steps > 0; steps--, first += 4, second += 4) {
        uint32_t u = dse_load(first), v = dse_load(second);
        for (int step = 0; step < 8 / bits; step++, x += 4) {
            dse_step_1x2(x, dse_weights(u, bits, step), dse_weights(v, bits, step), sum);
        }
    }
    dot[0] = sum[0] >> (8 - bits);
    dot[1] = sum[1] >> (8 - bits);
}

/* All outputs of two pixels that follow each other; x and y are readable up to whole steps. */
DSE_INLINE void dse_rows_dsp_2(const dse_rows *rows, const int8_t *x, const int8_t *y, int bits,
                               int8_t *out)
{
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    uint32_t row_bytes = dse_row_bytes(rows->columns, bits);
    uint32_t steps = (rows->columns * (uint32_t)bits + 31) / 32;
    int8_t *below = out + rows->outputs;
    const dse_range range = dse_range_of(rows);
    for (int left = rows->outputs; left > 0; left -= 2) {
        int32_t dot[4];
        const int is_pair = left > 1;
        const uint8_t *second = is_pair ? weights + row_bytes : weights;
        dse_dot_2x2(x, y, weights, second, steps, bits, dot);
        const dse_channel one = channel[0], two = channel[is_pair];
        int32_t x_one = dse_output(dot[0], one, &range), y_one = dse_output(dot[2], one, &range);
        int32_t x_two = dse_output(dot[1], two, &range), y_two = dse_output(dot[3], two, &range);
        out[0] = (int8_t)x_one;
        below[0] = (int8_t)y_one;
        if (is_pair) {
            out[1] = (int8_t)x_two;
            below[1] = (int8_t)y_two;
        }
        out += 2;
        below += 2;
        channel += 2;
        weights = second + row_bytes;
    }
}

/* All outputs of one pixel. */
DSE_INLINE void dse_rows_dsp_1(const dse_rows *rows, const int8_t *x, int bits, int8_t *out)
{
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    uint32_t row_bytes = dse_row_bytes(rows->columns, bits);
    uint32_t steps = (rows->columns * (uint32_t)bits + 31) / 32;
    const dse_range range = dse_range_of(rows);
    for (int left = rows->outputs; left > 0; left -= 2) {
        int32_t dot[2];
        const uint8_t *second = left > 1 ? weights + row_bytes : weights;
        dse_dot_1x2(x, weights, second, steps, bits, dot);
        *out++ = (int8_t)dse_output(dot[0], *channel++, &range);
        if (left > 1) {
            *out++ = (int8_t)dse_output(dot[1], *channel++, &range);
        }
        weights = second + row_bytes;
    }
}

#endif
