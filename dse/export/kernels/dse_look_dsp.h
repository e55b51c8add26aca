/* Dot products with powers of two, which are looked up in tables while they are multiplied.
 *
 * A pair of rows r and s lies as groups of four columns, with two codes for each look at the table:
 * r0 r2, s0 s2, r1 r3, s1 s3. Of p4 that is a byte each; of p3 six bits each, from the lowest bits of
 * a word upwards. Four groups of p3 are three words, whose highest bytes make up the fourth group; the
 * groups that are left over take a word each. */
#ifndef DSE_LOOK_DSP_H
#define DSE_LOOK_DSP_H

#include "dse_dot_dsp.h"

/* Two codes to two numbers of 16 bits. */
extern const uint32_t dse_pairs_p4[256], dse_pairs_p3[64];

/* The table of a kernel; those without one must not refer to it. */
#ifndef DSE_TABLE
#define DSE_TABLE ((const uint32_t *)0)
#endif

/* Bytes of a pair of rows. */
DSE_INLINE uint32_t dse_look_bytes(uint32_t groups, int bits)
{
    return bits == DSE_P4 ? 4 * groups : groups / 4 * 12 + groups % 4 * 4;
}

#ifdef DSE_ARMV7EM

#define DSE_LOOK(r) "ldr %[" r "], [%[pairs], %[" r "], lsl #2]\n\t"
#define DSE_BYTE(t, w, at) "ldrb %[" t "], [%[" w "], #" at "]\n\t"
#define DSE_FIELD(to, from, at) "ubfx %[" to "], %[" from "], #" at ", #6\n\t"
/* The highest bytes of three words, as a word. */
#define DSE_JOIN(t, w, r, s)                                                                       \
    DSE_BYTE(t, w, "3") DSE_BYTE(r, w, "7") DSE_BYTE(s, w, "11")                                   \
    "orr %[" t "], %[" t "], %[" r "], lsl #8\n\torr %[" t "], %[" t "], %[" s "], lsl #16\n\t"

/* Two columns of two rows, whose codes come to s and t, and four inputs. The table takes a register, b,
 * so that there is one left for inputs. For dse_block_dsp.h. */
#define DSE_LOOK_B(r) "ldr %[" r "], [%[b], %[" r "], lsl #2]\n\t"
#define DSE_ONE(at, p, q) DSE_X("a", at) DSE_MAC(p, "a", "s") DSE_MAC(q, "a", "t")
#define DSE_LOOK_TILE(codes, x0, x1, x2, x3)                                                       \
    codes DSE_LOOK_B("s") DSE_LOOK_B("t")                                                              \
    DSE_ONE(x0, "p0", "q0") DSE_ONE(x1, "p1", "q1") DSE_ONE(x2, "p2", "q2") DSE_ONE(x3, "p3", "q3")
#define DSE_LOOK_GROUP(first, second, base)                                                        \
    DSE_LOOK_TILE(first, base "+0", base "+4", base "+8", base "+12")                              \
    DSE_LOOK_TILE(second, base "+16", base "+20", base "+24", base "+28")
#define DSE_GROUP_P4(at, base)                                                                     \
    DSE_LOOK_GROUP(DSE_BYTE("s", "w", at) DSE_BYTE("t", "w", at "+1"),                             \
                   DSE_BYTE("s", "w", at "+2") DSE_BYTE("t", "w", at "+3"), base)
#define DSE_GROUP_OF_P3(word, base)                                                                \
    DSE_LOOK_GROUP(word DSE_FIELD("s", "t", "0") DSE_FIELD("t", "t", "6"),                         \
                   word DSE_FIELD("s", "t", "12") DSE_FIELD("t", "t", "18"), base)
#define DSE_GROUP_P3(at, base) DSE_GROUP_OF_P3(DSE_WORD("t", "w", at), base)
#define DSE_LOOK_LOOPS(many, w_bytes, one)                                                         \
    DSE_UNTIL("1", many, DSE_NEXT_XW("128", w_bytes), "most")                                      \
    DSE_UNTIL("2", one, DSE_NEXT_XW("32", "4"), "end")
#define DSE_LOOPS_P4                                                                               \
    DSE_LOOK_LOOPS(DSE_GROUP_P4("0", "0") DSE_GROUP_P4("4", "32") DSE_GROUP_P4("8", "64")          \
                       DSE_GROUP_P4("12", "96"),                                                   \
                   "16", DSE_GROUP_P4("0", "0"))
#define DSE_LOOPS_P3                                                                               \
    DSE_LOOK_LOOPS(DSE_GROUP_P3("0", "0") DSE_GROUP_P3("4", "32") DSE_GROUP_P3("8", "64")          \
                       DSE_GROUP_OF_P3(DSE_JOIN("t", "w", "s", "a"), "96"),                        \
                   "12", DSE_GROUP_P3("0", "0"))

/* Two columns of four rows, whose codes come to c, d, e and t, and one input. */
#define DSE_LOOK_FOUR(x)                                                                           \
    DSE_LOOK("c") DSE_LOOK("d") DSE_LOOK("e") DSE_LOOK("t") DSE_MAC("p0", x, "c")                  \
    DSE_MAC("p1", x, "d") DSE_MAC("p2", x, "e") DSE_MAC("p3", x, "t")
#define DSE_BYTES_UV(first, second)                                                                \
    DSE_BYTE("c", "u", first) DSE_BYTE("d", "u", second)                                           \
    DSE_BYTE("e", "v", first) DSE_BYTE("t", "v", second)
#define DSE_GROUP_1P4(at, x0, x1)                                                                  \
    DSE_X("a", x0) DSE_X("b", x1) DSE_BYTES_UV(at, at "+1") DSE_LOOK_FOUR("a")                     \
    DSE_BYTES_UV(at "+2", at "+3") DSE_LOOK_FOUR("b")
/* The words at u and v lie in c and e. Three codes, then the other five: as many as registers. */
#define DSE_GROUP_OF_1P3(words, x0, x1)                                                            \
    DSE_X("a", x0) words                                                                           \
    DSE_FIELD("d", "c", "0") DSE_FIELD("t", "c", "6") DSE_FIELD("b", "e", "0")                     \
    DSE_LOOK("d") DSE_LOOK("t") DSE_LOOK("b")                                                      \
    DSE_MAC("p0", "a", "d") DSE_MAC("p1", "a", "t") DSE_MAC("p2", "a", "b")                        \
    DSE_FIELD("d", "e", "6") DSE_FIELD("t", "c", "12") DSE_FIELD("c", "c", "18")                   \
    DSE_FIELD("b", "e", "12") DSE_FIELD("e", "e", "18")                                            \
    DSE_LOOK("d") DSE_LOOK("t") DSE_LOOK("c") DSE_LOOK("b") DSE_LOOK("e")                          \
    DSE_MAC("p3", "a", "d") DSE_X("a", x1)                                                         \
    DSE_MAC("p0", "a", "t") DSE_MAC("p1", "a", "c") DSE_MAC("p2", "a", "b") DSE_MAC("p3", "a", "e")
#define DSE_GROUP_1P3(at, x0, x1)                                                                  \
    DSE_GROUP_OF_1P3(DSE_WORD("c", "u", at) DSE_WORD("e", "v", at), x0, x1)
#define DSE_LOOK_LOOPS_1(many, bytes, one)                                                  \
    __asm__(DSE_UNTIL("1", many, DSE_NEXT_XUV("32", bytes), "most")                                \
            DSE_UNTIL("2", one, DSE_NEXT_XUV("8", "4"), "end")                                     \
            : [p0] "+r"(p[0]), [p1] "+r"(p[1]), [p2] "+r"(p[2]), [p3] "+r"(p[3]), [x] "+r"(x),     \
              [u] "+r"(u), [v] "+r"(v), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d),    \
              [e] "=&r"(e), [t] "=&r"(t)                                                           \
            : [pairs] "r"(DSE_TABLE), [most] "m"(ends[0]), [end] "m"(ends[1])                          \
            : "cc", "memory")

DSE_INLINE void dse_look_1x4(const uint32_t *x, const uint8_t *u, const uint8_t *v,
                             const uint32_t *const ends[2], int bits, int32_t p[4])
{
    uint32_t a, b, c, d, e, t;
    if (bits == DSE_P4) {
        DSE_LOOK_LOOPS_1(DSE_GROUP_1P4("0", "0", "4") DSE_GROUP_1P4("4", "8", "12")
                             DSE_GROUP_1P4("8", "16", "20") DSE_GROUP_1P4("12", "24", "28"),
                         "16", DSE_GROUP_1P4("0", "0", "4"));
    } else {
        DSE_LOOK_LOOPS_1(DSE_GROUP_1P3("0", "0", "4") DSE_GROUP_1P3("4", "8", "12")
                             DSE_GROUP_1P3("8", "16", "20")
                             DSE_GROUP_OF_1P3(DSE_JOIN("c", "u", "b", "d")
                                              DSE_JOIN("e", "v", "b", "d"), "24", "28"),
                         "12", DSE_GROUP_1P3("0", "0", "4"));
    }
}

#else

/* The codes of group `group` of `groups`; `at` is the start of the pair of rows. */
DSE_INLINE uint32_t dse_look_codes(const uint8_t *at, uint32_t group, uint32_t groups, int bits)
{
    if (bits == DSE_P4) {
        return dse_load(at + 4 * group);
    }
    at += group / 4 * 12;
    if (group < (groups & ~3u) && group % 4 == 3) {
        return at[3] | (uint32_t)at[7] << 8 | (uint32_t)at[11] << 16;
    }
    return dse_load(at + group % 4 * 4);
}

/* Two columns of one of the two rows; `half` chooses the columns. */
DSE_INLINE uint32_t dse_look(uint32_t codes, int half, int row, int bits)
{
    const int place = 2 * half + row;
    return DSE_TABLE[bits == DSE_P4 ? codes >> (8 * place) & 255 : codes >> (6 * place) & 63];
}

DSE_INLINE const uint8_t *dse_look_4x2(const uint32_t *x, const uint8_t *w,
                                       const uint32_t *const ends[2], int bits, int32_t p[4],
                                       int32_t q[4])
{
    const uint32_t groups = (uint32_t)(ends[1] - x) / 8;
    for (uint32_t group = 0; group < groups; group++) {
        const uint32_t codes = dse_look_codes(w, group, groups, bits);
        for (int half = 0; half < 2; half++, x += 4) {
            for (int i = 0; i < 4; i++) {
                p[i] = dse_smlad(x[i], dse_look(codes, half, 0, bits), p[i]);
                q[i] = dse_smlad(x[i], dse_look(codes, half, 1, bits), q[i]);
            }
        }
    }
    return w + dse_look_bytes(groups, bits);
}

DSE_INLINE void dse_look_1x4(const uint32_t *x, const uint8_t *u, const uint8_t *v,
                             const uint32_t *const ends[2], int bits, int32_t p[4])
{
    const uint32_t groups = (uint32_t)(ends[1] - x) / 2;
    for (uint32_t group = 0; group < groups; group++) {
        const uint32_t one = dse_look_codes(u, group, groups, bits);
        const uint32_t two = dse_look_codes(v, group, groups, bits);
        for (int half = 0; half < 2; half++, x++) {
            p[0] = dse_smlad(*x, dse_look(one, half, 0, bits), p[0]);
            p[1] = dse_smlad(*x, dse_look(one, half, 1, bits), p[1]);
            p[2] = dse_smlad(*x, dse_look(two, half, 0, bits), p[2]);
            p[3] = dse_smlad(*x, dse_look(two, half, 1, bits), p[3]);
        }
    }
}

#endif

#endif
