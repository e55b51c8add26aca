/* Dot products of widened inputs with pairs of weight rows, for cores with the DSP extension.
 *
 * A pair of rows r and s lies as bytes r0 s0 r2 s2, r1 s1 r3 s3 and so on, two words for a group of
 * four columns: SXTB16 makes (r0, r2) of a word and, rotated, (s0, s2). With 4 or 2 bits a word
 * holds two or four such words, see dse_weights; a row has whole words, that is groups (4 or 8
 * bits) or pairs of groups (2 bits). All sums are times 2^(8 - bits). */
#ifndef DSE_DOT_DSP_H
#define DSE_DOT_DSP_H

#include "dse_simd.h"

#ifdef DSE_ARMV7EM

#define DSE_WORD(t, w, at) "ldr %[" t "], [%[" w "], #" at "]\n\t"
#define DSE_SHIFT(t, by) "lsl %[" t "], %[" t "], #" by "\n\t"
#define DSE_MASK(t, mask) "and %[" t "], %[" t "], #" mask "\n\t"
#define DSE_SPLIT "sxtb16 %[s], %[t]\n\tsxtb16 %[t], %[t], ror #8\n\t"
#define DSE_MAC(sum, x, y) "smlad %[" sum "], %[" x "], %[" y "], %[" sum "]\n\t"
#define DSE_FROM(sum, x, y, from) "smlad %[" sum "], %[" x "], %[" y "], %[" from "]\n\t"
#define DSE_X(r, at) "ldr %[" r "], [%[x], #" at "]\n\t"
#define DSE_MAKE_4 DSE_SHIFT("t", "4") DSE_MASK("t", "0xF0F0F0F0")
#define DSE_LAST_4 DSE_MASK("t", "0xF0F0F0F0")
#define DSE_MAKE_2(by) DSE_SHIFT("t", by) DSE_MASK("t", "0xC0C0C0C0")
#define DSE_LAST_2 DSE_MASK("t", "0xC0C0C0C0")

/* Two columns of two rows and four inputs, in all fourteen registers that there are: so two inputs
 * at a time. Loads stand together and leave their base alone: then neighbours pipeline. Arguments:
 * offset of the weights, what to do with them, offsets of the inputs. */
#define DSE_TILE(at, make, x0, x1, x2, x3)                                                         \
    DSE_WORD("t", "w", at)                                                                         \
    DSE_X("a", x0) DSE_X("b", x1) make DSE_SPLIT                                                   \
    DSE_MAC("p0", "a", "s") DSE_MAC("p1", "b", "s") DSE_MAC("q0", "a", "t") DSE_MAC("q1", "b", "t")\
    DSE_X("a", x2) DSE_X("b", x3)                                                                  \
    DSE_MAC("p2", "a", "s") DSE_MAC("p3", "b", "s") DSE_MAC("q2", "a", "t") DSE_MAC("q3", "b", "t")
/* The first tile of a loop comes last: it moves x and w to the next round. */
#define DSE_LAST_TILE(make, x_bytes, w_bytes)                                                      \
    "ldr %[t], [%[w]], #" w_bytes "\n\t"                                                           \
    DSE_X("a", "8") DSE_X("b", "12") make DSE_SPLIT                                                \
    DSE_MAC("p2", "a", "s") DSE_MAC("p3", "b", "s") DSE_MAC("q2", "a", "t") DSE_MAC("q3", "b", "t")\
    DSE_X("b", "4") "ldr %[a], [%[x]], #" x_bytes "\n\t"                                           \
    DSE_MAC("p1", "b", "s") DSE_MAC("p0", "a", "s") DSE_MAC("q1", "b", "t") DSE_MAC("q0", "a", "t")
#define DSE_NEXT_TILE(at, make, base)                                                              \
    DSE_TILE(at, make, base "+0", base "+4", base "+8", base "+12")
/* A group: m0 and m1 make the weights of its halves from the words at w0 and w1. */
#define DSE_GROUP(m0, w0, m1, w1, base)                                                            \
    DSE_NEXT_TILE(w0, m0, base) DSE_NEXT_TILE(w1, m1, base "+16")
#define DSE_GROUP_8X4(w0, w1, base) DSE_GROUP("", w0, "", w1, base)
#define DSE_GROUP_4X4(w0, base) DSE_GROUP(DSE_MAKE_4, w0, DSE_LAST_4, w0, base)
#define DSE_SECOND_2X4(w0, next)                                                                   \
    DSE_GROUP(DSE_MAKE_2("2"), w0, DSE_LAST_2, w0, next)
#define DSE_NEXT_XW(x_bytes, w_bytes)                                                              \
    "add %[x], %[x], #" x_bytes "\n\tadd %[w], %[w], #" w_bytes "\n\t"

/* A loop until x reaches `end`, which the registers have no room for. */
#define DSE_UNTIL(label, body, next, end)                                                          \
    "ldr %[t], %[" end "]\n\tcmp %[x], %[t]\n\tbeq 5f\n\t.p2align 2\n" label ":\n\t" body          \
    "ldr %[t], %[" end "]\n\t" next "cmp %[x], %[t]\n\tbne " label "b\n5:\n\t"
#define DSE_LOOPS(many, one)                                                                       \
    DSE_UNTIL("1", many, "", "most") DSE_UNTIL("2", one, "", "end")
/* Four inputs times a pair of rows; w comes to stand behind it. `most` and `end` are where x is to
 * stop: at a multiple of four groups, and at the end. With 8 bits four groups come twice a round,
 * and what is before the loops has done the first tile: they are entered behind that. */
#define DSE_FIRST_8 DSE_NEXT_TILE("4", "", "16")
#define DSE_REST_8                                                                                 \
    DSE_GROUP_8X4("8", "12", "32") DSE_GROUP_8X4("16", "20", "64")                                 \
    DSE_GROUP_8X4("24", "28", "96") DSE_LAST_TILE("", "128", "32")
#define DSE_LOOPS_8                                                                                \
    "ldr %[t], %[quads]\n\tlsrs %[t], %[t], #1\n\tbcs 4f\n\tbne 3f\n\tb 14f\n\t.p2align 2\n1:\n\t" \
    DSE_FIRST_8 "3:\n\t" DSE_REST_8 DSE_FIRST_8 "4:\n\t" DSE_REST_8                                \
    "ldr %[t], %[most]\n\tcmp %[x], %[t]\n\tbne 1b\n\t"                                            \
    "ldr %[t], %[end]\n\tcmp %[x], %[t]\n\tbeq 15f\n\t.p2align 2\n13:\n\t" DSE_FIRST_8 "14:\n\t"    \
    DSE_LAST_TILE("", "32", "8") "ldr %[t], %[end]\n\tcmp %[x], %[t]\n\tbne 13b\n15:\n\t"
#define DSE_LOOPS_4                                                                                \
    DSE_LOOPS(DSE_NEXT_TILE("0", DSE_LAST_4, "16") DSE_GROUP_4X4("4", "32")                        \
                  DSE_GROUP_4X4("8", "64") DSE_GROUP_4X4("12", "96")                               \
                      DSE_LAST_TILE(DSE_MAKE_4, "128", "16"),                                      \
              DSE_NEXT_TILE("0", DSE_LAST_4, "16") DSE_LAST_TILE(DSE_MAKE_4, "32", "4"))
#define DSE_LOOPS_2                                                                                \
    DSE_LOOPS(DSE_NEXT_TILE("0", DSE_MAKE_2("4"), "16") DSE_SECOND_2X4("0", "32")                  \
                  DSE_GROUP(DSE_MAKE_2("6"), "4", DSE_MAKE_2("4"), "4", "64")                      \
                      DSE_SECOND_2X4("4", "96") DSE_LAST_TILE(DSE_MAKE_2("6"), "128", "8"),        \
              DSE_NEXT_TILE("0", DSE_MAKE_2("4"), "16") DSE_SECOND_2X4("0", "32")                  \
                  DSE_LAST_TILE(DSE_MAKE_2("6"), "64", "4"))

/* Two columns of two rows and one input: x, the input; t, the weights; p and q, the sums. */
#define DSE_PAIR(x, t, p, q)                                                                       \
    "sxtb16 %[s], %[" t "]\n\tsxtb16 %[" t "], %[" t "], ror #8\n\t"                               \
    DSE_MAC(p, x, "s") DSE_MAC(q, x, t)
#define DSE_GROUP_8(at, next)                                                                      \
    DSE_X("a", at) DSE_X("b", next) DSE_WORD("t", "u", at) DSE_WORD("c", "u", next)                \
    DSE_WORD("d", "v", at) DSE_WORD("e", "v", next)                                                \
    DSE_PAIR("a", "t", "p0", "p1") DSE_PAIR("b", "c", "p0", "p1")                                  \
    DSE_PAIR("a", "d", "p2", "p3") DSE_PAIR("b", "e", "p2", "p3")
/* Words t and d as they come to c and e. */
#define DSE_PART(by, mask)                                                                         \
    "lsl %[c], %[t], #" by "\n\tlsl %[e], %[d], #" by "\n\t" DSE_MASK("c", mask) DSE_MASK("e", mask)
#define DSE_PAIRS(x) DSE_PAIR(x, "c", "p0", "p1") DSE_PAIR(x, "e", "p2", "p3")
#define DSE_WORDS_TD(at) DSE_WORD("t", "u", at) DSE_WORD("d", "v", at)
#define DSE_LAST(x, mask)                                                                          \
    DSE_MASK("t", mask) DSE_MASK("d", mask)                                                        \
    DSE_PAIR(x, "t", "p0", "p1") DSE_PAIR(x, "d", "p2", "p3")
#define DSE_GROUP_4(at, x0, x1)                                                                    \
    DSE_X("a", x0) DSE_X("b", x1) DSE_WORDS_TD(at)                                               \
    DSE_PART("4", "0xF0F0F0F0") DSE_PAIRS("a") DSE_LAST("b", "0xF0F0F0F0")
#define DSE_GROUP_2(at, x0, x1, x2, x3)                                                            \
    DSE_X("a", x0) DSE_X("b", x1) DSE_WORDS_TD(at)                                               \
    DSE_PART("6", "0xC0C0C0C0") DSE_PAIRS("a") DSE_PART("4", "0xC0C0C0C0") DSE_PAIRS("b")          \
    DSE_X("a", x2) DSE_X("b", x3) DSE_PART("2", "0xC0C0C0C0") DSE_PAIRS("a")                     \
    DSE_LAST("b", "0xC0C0C0C0")
#define DSE_NEXT_XUV(x_bytes, bytes)                                                               \
    "add %[x], %[x], #" x_bytes "\n\t"                                                             \
    "add %[u], %[u], #" bytes "\n\tadd %[v], %[v], #" bytes "\n\t"
#define DSE_LOOPS_1(many, next, one, next_one)                                                     \
    __asm__(DSE_UNTIL("1", many, next, "most") DSE_UNTIL("2", one, next_one, "end")                \
            : [p0] "+r"(p[0]), [p1] "+r"(p[1]), [p2] "+r"(p[2]), [p3] "+r"(p[3]), [x] "+r"(x),     \
              [u] "+r"(u), [v] "+r"(v), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d),    \
              [e] "=&r"(e), [s] "=&r"(s), [t] "=&r"(t)                                             \
            : [most] "m"(ends[0]), [end] "m"(ends[1])                                                    \
            : "cc", "memory")

/* One input times two pairs of rows. */
DSE_INLINE void dse_dot_1x4(const uint32_t *x, const uint8_t *u, const uint8_t *v,
                            const uint32_t *const ends[2], int bits, int32_t p[4])
{
    uint32_t a, b, c, d, e, s, t;
    if (bits == 8) {
        DSE_LOOPS_1(DSE_GROUP_8("0", "4") DSE_GROUP_8("8", "12") DSE_GROUP_8("16", "20")
                        DSE_GROUP_8("24", "28"),
                    DSE_NEXT_XUV("32", "32"), DSE_GROUP_8("0", "4"), DSE_NEXT_XUV("8", "8"));
    } else if (bits == 4) {
        DSE_LOOPS_1(DSE_GROUP_4("0", "0", "4") DSE_GROUP_4("4", "8", "12")
                        DSE_GROUP_4("8", "16", "20") DSE_GROUP_4("12", "24", "28"),
                    DSE_NEXT_XUV("32", "16"), DSE_GROUP_4("0", "0", "4"), DSE_NEXT_XUV("8", "4"));
    } else {
        DSE_LOOPS_1(DSE_GROUP_2("0", "0", "4", "8", "12") DSE_GROUP_2("4", "16", "20", "24", "28"),
                    DSE_NEXT_XUV("32", "8"), DSE_GROUP_2("0", "0", "4", "8", "12"),
                    DSE_NEXT_XUV("16", "4"));
    }
}

#else

DSE_INLINE void dse_dot_1x4(const uint32_t *x, const uint8_t *u, const uint8_t *v,
                            const uint32_t *const ends[2], int bits, int32_t p[4])
{
    for (; x < ends[1]; u += 4, v += 4) {
        uint32_t one = dse_load(u), two = dse_load(v);
        for (int step = 0; step < 8 / bits; step++, x++) {
            uint32_t first = dse_weights(one, bits, step), second = dse_weights(two, bits, step);
            p[0] = dse_smlad(*x, dse_sxtb16(first), p[0]);
            p[1] = dse_smlad(*x, dse_sxtb16_ror8(first), p[1]);
            p[2] = dse_smlad(*x, dse_sxtb16(second), p[2]);
            p[3] = dse_smlad(*x, dse_sxtb16_ror8(second), p[3]);
        }
    }
}

#endif

/* Four inputs times a pair of rows, where dse_block_dsp.h has no assembly for it; returns the row
 * behind it. `ends[1]` is where x is to stop. */
DSE_INLINE const uint8_t *dse_dot_4x2(const uint32_t *x, const uint8_t *w,
                                      const uint32_t *const ends[2], int bits, int32_t p[4],
                                      int32_t q[4])
{
    for (; x < ends[1]; w += 4) {
        uint32_t word = dse_load(w);
        for (int step = 0; step < 8 / bits; step++, x += 4) {
            uint32_t weights = dse_weights(word, bits, step);
            uint32_t first = dse_sxtb16(weights), second = dse_sxtb16_ror8(weights);
            for (int i = 0; i < 4; i++) {
                p[i] = dse_smlad(x[i], first, p[i]);
                q[i] = dse_smlad(x[i], second, q[i]);
            }
        }
    }
    return w;
}

#endif
