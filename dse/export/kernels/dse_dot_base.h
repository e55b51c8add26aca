/* Two dot products at once, so that an input is loaded once for both. */
#ifndef DSE_DOT_BASE_H
#define DSE_DOT_BASE_H

#include "dse_arithmetic.h"

#ifdef DSE_ARMV6M

/* ARMv6-M: the loops need all eight low registers, which the compiler does not find by itself.
 * Operands: x, inputs; p and q, the sums; t, an input; s, a product; i, an index or the end. */
#define DSE_COLUMN                                                                                 \
    "ldrsb %[t], [%[x], %[i]]\n\tldrsb %[s], [%[u], %[i]]\n\tmuls %[s], %[t], %[s]\n\t"            \
    "adds %[p], %[p], %[s]\n\tldrsb %[s], [%[v], %[i]]\n\tmuls %[s], %[t], %[s]\n\t"               \
    "adds %[q], %[q], %[s]\n\tadds %[i], #1\n\t"
/* A column of two packed words: `up` moves the weight to the top, `down` back. */
#define DSE_SLOT(column, up, down)                                                                 \
    "ldrb %[t], [%[x], #" #column "]\n\tsxtb %[t], %[t]\n\t"                                       \
    "lsls %[s], %[u], #" #up "\n\tasrs %[s], %[s], #" #down "\n\tmuls %[s], %[t], %[s]\n\t"        \
    "adds %[p], %[p], %[s]\n\t"                                                                    \
    "lsls %[s], %[v], #" #up "\n\tasrs %[s], %[s], #" #down "\n\tmuls %[s], %[t], %[s]\n\t"        \
    "adds %[q], %[q], %[s]\n\t"
#define DSE_NEXT_WORDS                                                                             \
    "mov %[s], %[first]\n\tldr %[u], [%[s]]\n\tadds %[s], #4\n\tmov %[first], %[s]\n\t"            \
    "mov %[s], %[second]\n\tldr %[v], [%[s]]\n\tadds %[s], #4\n\tmov %[second], %[s]\n\t"
#define DSE_PACKED_LOOP(body, columns)                                                             \
    __asm__(".syntax unified\n1:\n\t" DSE_NEXT_WORDS body                                          \
            "adds %[x], #" #columns "\n\tcmp %[x], %[end]\n\tbeq 2f\n\tb 1b\n2:"                   \
            : [x] "+l"(x), [p] "+l"(p), [q] "+l"(q), [first] "+h"(first), [second] "+h"(second),   \
              [u] "=&l"(u), [v] "=&l"(v), [s] "=&l"(s), [t] "=&l"(t)                               \
            : [end] "h"(end)                                                                       \
            : "cc", "memory")

DSE_INLINE void dse_dot_1x2(const int8_t *x, const uint8_t *first, const uint8_t *second,
                            uint32_t steps, int bits, int32_t dot[2])
{
    int32_t p = 0, q = 0, s, t;
    const uint32_t columns = steps * (32 / (uint32_t)bits);
    if (bits == 8) {
        uint32_t i = 0u - columns;
        __asm__(".syntax unified\n1:\n\t" DSE_COLUMN DSE_COLUMN DSE_COLUMN DSE_COLUMN "bne 1b"
                : [p] "+l"(p), [q] "+l"(q), [i] "+l"(i), [s] "=&l"(s), [t] "=&l"(t)
                : [x] "l"(x + columns), [u] "l"(first + columns), [v] "l"(second + columns)
                : "cc", "memory");
    } else {
        const int8_t *const end = x + columns;
        uint32_t u, v;
        if (bits == 4) {
            DSE_PACKED_LOOP(DSE_SLOT(0, 28, 28) DSE_SLOT(1, 20, 28) DSE_SLOT(2, 12, 28)
                            DSE_SLOT(3, 4, 28) DSE_SLOT(4, 24, 28) DSE_SLOT(5, 16, 28)
                            DSE_SLOT(6, 8, 28) DSE_SLOT(7, 0, 28), 8);
        } else {
            DSE_PACKED_LOOP(DSE_SLOT(0, 30, 30) DSE_SLOT(1, 22, 30) DSE_SLOT(2, 14, 30)
                            DSE_SLOT(3, 6, 30) DSE_SLOT(4, 28, 30) DSE_SLOT(5, 20, 30)
                            DSE_SLOT(6, 12, 30) DSE_SLOT(7, 4, 30) DSE_SLOT(8, 26, 30)
                            DSE_SLOT(9, 18, 30) DSE_SLOT(10, 10, 30) DSE_SLOT(11, 2, 30)
                            DSE_SLOT(12, 24, 30) DSE_SLOT(13, 16, 30) DSE_SLOT(14, 8, 30)
                            DSE_SLOT(15, 0, 30), 16);
        }
    }
    dot[0] = p;
    dot[1] = q;
}

#else

/* Columns `at` to `at` + 3 of two packed words. */
DSE_INLINE void dse_quad(const int8_t *x, uint32_t u, uint32_t v, int bits, int at, int32_t sum[2])
{
    sum[0] += x[at] * dse_slot(u, bits, at);
    sum[1] += x[at] * dse_slot(v, bits, at);
    sum[0] += x[at + 1] * dse_slot(u, bits, at + 1);
    sum[1] += x[at + 1] * dse_slot(v, bits, at + 1);
    sum[0] += x[at + 2] * dse_slot(u, bits, at + 2);
    sum[1] += x[at + 2] * dse_slot(v, bits, at + 2);
    sum[0] += x[at + 3] * dse_slot(u, bits, at + 3);
    sum[1] += x[at + 3] * dse_slot(v, bits, at + 3);
}

/* Four columns of two rows of bytes. */
DSE_INLINE void dse_bytes(const int8_t *x, const int8_t *u, const int8_t *v, int32_t sum[2])
{
    sum[0] += x[0] * u[0];
    sum[1] += x[0] * v[0];
    sum[0] += x[1] * u[1];
    sum[1] += x[1] * v[1];
    sum[0] += x[2] * u[2];
    sum[1] += x[2] * v[2];
    sum[0] += x[3] * u[3];
    sum[1] += x[3] * v[3];
}

/* dot = {x first, x second}; 32 / bits columns a step, at least one step. */
DSE_INLINE void dse_dot_1x2(const int8_t *x, const uint8_t *first, const uint8_t *second,
                            uint32_t steps, int bits, int32_t dot[2])
{
    int32_t sum[2] = {0, 0};
    for (; steps > 0; steps--, x += 32 / bits, first += 4, second += 4) {
        if (bits == 8) {
            dse_bytes(x, (const int8_t *)first, (const int8_t *)second, sum);
        } else {
            uint32_t u = *(const dse_word *)(const void *)first;
            uint32_t v = *(const dse_word *)(const void *)second;
            dse_quad(x, u, v, bits, 0, sum);
            dse_quad(x, u, v, bits, 4, sum);
            if (bits == 2) {
                dse_quad(x, u, v, bits, 8, sum);
                dse_quad(x, u, v, bits, 12, sum);
            }
        }
    }
    dot[0] = sum[0];
    dot[1] = sum[1];
}

#endif

#endif
