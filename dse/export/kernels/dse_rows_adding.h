/* One vector of inputs times rows of powers of two without a multiplication, for cores that multiply
 * slowly: inputs are added up by the code of their weight, and each sum is shifted once. */
#ifndef DSE_ROWS_ADDING_H
#define DSE_ROWS_ADDING_H

#include "dse_arithmetic.h"

#ifdef DSE_ARMV6M

/* One column: the code's place among the sums is found in the bits 2 to 5 of `codes`, moved. */
#define DSE_ADD(column, move)                                                                      \
    move "ands %[s], %[s], %[mask]\n\tldrb %[t], [%[x], #" #column "]\n\tsxtb %[t], %[t]\n\t"       \
    "ldr %[u], [%[sums], %[s]]\n\tadds %[u], %[u], %[t]\n\tstr %[u], [%[sums], %[s]]\n\t"
#define DSE_LEFT(by) "lsls %[s], %[codes], #" #by "\n\t"
#define DSE_RIGHT(by) "lsrs %[s], %[codes], #" #by "\n\t"
#define DSE_ADD_GROUP(body, mask_bits)                                                             \
    __asm__ volatile(".syntax unified\n\t" body                                                    \
                     : [s] "=&l"(s), [t] "=&l"(t), [u] "=&l"(u)                                    \
                     : [x] "l"(x), [codes] "l"(codes), [sums] "l"(sums), [mask] "l"(mask_bits)     \
                     : "cc", "memory")

DSE_INLINE void dse_add_group(const int8_t *x, uint32_t codes, int32_t *sums, int bits)
{
    uint32_t s, t, u;
    if (bits == DSE_P4) {
        DSE_ADD_GROUP(DSE_ADD(0, DSE_LEFT(2)) DSE_ADD(1, DSE_RIGHT(2)) DSE_ADD(2, DSE_RIGHT(6))
                      DSE_ADD(3, DSE_RIGHT(10)) DSE_ADD(4, DSE_RIGHT(14)) DSE_ADD(5, DSE_RIGHT(18))
                      DSE_ADD(6, DSE_RIGHT(22)) DSE_ADD(7, DSE_RIGHT(26)), 0x3C);
    } else {
        DSE_ADD_GROUP(DSE_ADD(0, DSE_LEFT(2)) DSE_ADD(1, DSE_RIGHT(1)) DSE_ADD(2, DSE_RIGHT(4))
                      DSE_ADD(3, DSE_RIGHT(7)) DSE_ADD(4, DSE_RIGHT(10)) DSE_ADD(5, DSE_RIGHT(13))
                      DSE_ADD(6, DSE_RIGHT(16)) DSE_ADD(7, DSE_RIGHT(19)), 0x1C);
    }
}

#else

DSE_INLINE void dse_add_group(const int8_t *x, uint32_t codes, int32_t *sums, int bits)
{
    for (int column = 0; column < 8; column++, codes >>= -bits) {
        sums[codes & ((1u << -bits) - 1)] += x[column];
    }
}

#endif

/* Eight codes; those of p3 take three bytes. */
DSE_INLINE uint32_t dse_codes(const uint8_t *at, int bits)
{
    return bits == DSE_P4 ? *(const dse_word *)(const void *)at
                          : at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

/* All outputs of one pixel; x is readable up to a whole number of groups of eight. */
DSE_INLINE void dse_rows_adding(const dse_rows *rows, const int8_t *x, int bits, int8_t *out)
{
    const uint8_t *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    const int8_t *const end = x + ((rows->columns + 7) & ~7u);
    const int half = 1 << (-bits - 1);
    const dse_range range = dse_range_of(rows);
    for (int left = rows->outputs; left > 0; left--) {
        int32_t sums[16], dot = 0;
        for (int code = 0; code < 2 * half; code++) {
            sums[code] = 0;
            DSE_KEEP_LOOP();
        }
        for (const int8_t *from = x; from < end; from += 8, weights -= bits) {
            dse_add_group(from, dse_codes(weights, bits), sums, bits);
        }
        /* Code c > 0 stands for 2^(c - 1), and above `half` for its negative. */
        for (int code = half - 1; code > 0; code--) {
            dot = dot + dot + sums[code] - sums[half + code];
        }
        *out++ = (int8_t)dse_output(dot, *channel++, &range);
    }
}

#endif
