/* Signs of inputs as bits, and counts of differing bits. */
#ifndef DSE_XNOR_H
#define DSE_XNOR_H

#include "dse_patch.h"

/* Which of four inputs reach their thresholds, in the top bits of the bytes. */
DSE_INLINE uint32_t dse_reach(uint32_t in, uint32_t thresholds)
{
#ifdef __ARM_FEATURE_SIMD32
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %3, %4"
            : "=&r"(result)
            : "r"(in), "r"(thresholds), "r"(0x80808080u), "r"(0));
    return result;
#else
    /* Where the signs are alike the low bits decide, elsewhere the sign of the threshold. */
    uint32_t result = (in | 0x80808080u) - (thresholds & 0x7F7F7F7Fu);
    result ^= (in ^ thresholds) & (result ^ thresholds);
    return result & 0x80808080u;
#endif
}

/* Signs of one pixel; `by` says how in and thresholds may be read. Bits behind the last are 0. */
DSE_INLINE uint32_t *dse_signs(const int8_t *in, const int8_t *thresholds, int count, int by,
                               uint32_t *to)
{
    for (; by == DSE_WORDS && count >= 32; count -= 32, in += 32, thresholds += 32) {
        const dse_word *x = (const dse_word *)(const void *)in;
        const dse_word *limits = (const dse_word *)(const void *)thresholds;
        uint32_t bits = dse_reach(x[0], limits[0]);
        bits = bits >> 1 | dse_reach(x[1], limits[1]);
        bits = bits >> 1 | dse_reach(x[2], limits[2]);
        bits = bits >> 1 | dse_reach(x[3], limits[3]);
        bits = bits >> 1 | dse_reach(x[4], limits[4]);
        bits = bits >> 1 | dse_reach(x[5], limits[5]);
        bits = bits >> 1 | dse_reach(x[6], limits[6]);
        *to++ = bits >> 1 | dse_reach(x[7], limits[7]);
    }
    for (; count > 0; count -= 32) {
        uint32_t bits = 0;
        for (int i = 0; i < count && i < 32; i++) {
            bits |= (uint32_t)(*in++ >= *thresholds++) << (8 * (i & 3) + (i >> 2));
        }
        *to++ = bits;
    }
    return to;
}

/* Signs of an image, pixel by pixel. */
DSE_INLINE uint32_t *dse_image_signs(const dse_window *w, const int8_t *thresholds,
                                     const int8_t *in, uint32_t *to)
{
    const int channels = w->channels;
    for (int i = w->in_height * w->in_width; i > 0; i--, in += channels) {
        to = (channels & 3) == 0 ? dse_signs(in, thresholds, channels, DSE_WORDS, to)
                                 : dse_signs(in, thresholds, channels, DSE_BYTES, to);
    }
    return to;
}

/* Makes a window one of words of bits, whose padding, -1, is zero bits; words of a pixel. */
DSE_INLINE int dse_bits_window(dse_window *w)
{
    const int words = (w->channels + 31) / 32;
    w->channels = (uint16_t)(4 * words);
    w->pad = 0;
    return words;
}

/* Counts in fields of four bits, at most 4 each. */
DSE_INLINE uint32_t dse_nibble_counts(uint32_t bits)
{
    bits -= bits >> 1 & 0x55555555u;
    return (bits & 0x33333333u) + (bits >> 2 & 0x33333333u);
}

DSE_INLINE uint32_t dse_byte_counts(uint32_t nibbles)
{
    return (nibbles & 0x0F0F0F0Fu) + (nibbles >> 4 & 0x0F0F0F0Fu);
}

DSE_INLINE int32_t dse_sum_of_bytes(uint32_t bytes)
{
#ifdef __ARM_FEATURE_SIMD32
    uint32_t sum;
    /* A register for the 0 would be one too many in the longest loops. */
    __asm__("mov %0, #0\n\tusad8 %0, %1, %0" : "=&r"(sum) : "r"(bytes));
    return (int32_t)sum;
#else
    bytes = (bytes & 0x00FF00FFu) + (bytes >> 8 & 0x00FF00FFu);
    return (int32_t)((bytes & 0xFFFFu) + (bytes >> 16));
#endif
}

/* Three words a, b, c are kept as a ^ b ^ c, a ^ b, a ^ c, of x and of the weights alike: of their
 * differences the first is then the sum bit by bit, and the carry takes two operations. */
DSE_INLINE void dse_group_by_three(uint32_t *x, int words)
{
    for (; words >= 3; words -= 3, x += 3) {
        uint32_t a = x[0], ab = a ^ x[1], c = x[2];
        x[0] = ab ^ c;
        x[1] = ab;
        x[2] = a ^ c;
    }
}

/* The words under a window: in their place, if there is one tap and nothing to group. */
DSE_INLINE const dse_word *dse_bits_under(const dse_window *w, const int8_t *in, int y, int x,
                                          int words, uint32_t *patch)
{
    if (words < 3 && w->kernel_height * w->kernel_width == 1 && y >= 0 && y < w->in_height &&
        x >= 0 && x < w->in_width) {
        return (const dse_word *)(const void *)(in + (y * w->in_width + x) * w->channels);
    }
    dse_gather(w, in, y, x, (int8_t *)patch, DSE_WORDS);
    dse_group_by_three(patch, words);
    return patch;
}

/* The differences of a group of three words, added: sums, and carries as the result. */
DSE_INLINE uint32_t dse_three(const dse_word *x, const dse_word *weights, uint32_t *one)
{
    *one = x[0] ^ weights[0];
    return *one ^ ((x[1] ^ weights[1]) | (x[2] ^ weights[2]));
}

/* How many of some words have a bit, for every bit: the sum of ones, twos and fours. */
typedef struct {
    uint32_t one, two[2], four;
} dse_places;

#ifdef DSE_ARMV7M

/* The compiler would spill half of these. Three words are added bit by bit: the carries are left
 * in the first, the sums in the last. h to k are temporary. */
#define DSE_ADD(a, b, c)                                                                           \
    "eor %[h], %[" a "], %[" b "]\n\teor %[i], %[" a "], %[" c "]\n\t"                             \
    "eor %[" c "], %[h], %[" c "]\n\tand %[h], %[h], %[i]\n\teor %[" a "], %[" a "], %[h]\n\t"
/* Adds the differences of a group of three words. */
#define DSE_DIFFER(a, c, first, second, third)                                                     \
    "ldr %[" c "], [%[x], #" #first "]\n\tldr %[" a "], [%[x], #" #second "]\n\t"                  \
    "ldr %[h], [%[x], #" #third "]\n\tldr %[i], [%[w], #" #first "]\n\t"                           \
    "ldr %[j], [%[w], #" #second "]\n\tldr %[k], [%[w], #" #third "]\n\t"                          \
    "eor %[" c "], %[" c "], %[i]\n\teor %[" a "], %[" a "], %[j]\n\teor %[h], %[h], %[k]\n\t"     \
    "orr %[" a "], %[" a "], %[h]\n\teor %[" a "], %[" a "], %[" c "]\n\t"
/* Leaves ones in e, twos in a and d, fours in f. */
#define DSE_NINE                                                                                   \
    DSE_DIFFER("f", "e", 0, 4, 8) DSE_DIFFER("c", "a", 12, 16, 20) DSE_DIFFER("d", "b", 24, 28, 32) \
    DSE_ADD("f", "c", "d") DSE_ADD("a", "b", "e")
#define DSE_REGISTERS                                                                              \
    [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e), [f] "=&r"(f),            \
        [h] "=&r"(h), [i] "=&r"(i), [j] "=&r"(j), [k] "=&r"(k)

DSE_INLINE dse_places dse_nine(const dse_word *x, const dse_word *weights)
{
    uint32_t a, b, c, d, e, f, h, i, j, k;
    __asm__(DSE_NINE : DSE_REGISTERS : [x] "r"(x), [w] "r"(weights) : "memory");
    dse_places n = {e, {d, a}, f};
    return n;
}

/* Fields of two bits out of ones and twos: even ones in `one`, odd ones in `two`. */
#define DSE_PAIRS(one, two)                                                                        \
    "eor %[h], %[" two "], %[" one "], lsr #1\n\tand %[h], %[h], %[k]\n\t"                         \
    "eor %[" two "], %[" two "], %[h]\n\teor %[" one "], %[" one "], %[h], lsl #1\n\t"
/* Fields of four bits out of those: their sums in `one`. */
#define DSE_FOURS(one, two)                                                                        \
    "and %[h], %[k], %[" one "], lsr #2\n\tand %[" one "], %[k], %[" one "]\n\t"                   \
    "and %[i], %[k], %[" two "], lsr #2\n\tand %[" two "], %[k], %[" two "]\n\t"                   \
    "add %[h], %[h], %[i]\n\tadd %[" one "], %[" one "], %[" two "]\n\t"                           \
    "add %[" one "], %[" one "], %[h]\n\t"
#define DSE_BYTES_OF(fours)                                                                        \
    "and %[h], %[k], %[" fours "], lsr #4\n\tand %[" fours "], %[k], %[" fours "]\n\t"             \
    "add %[" fours "], %[" fours "], %[h]\n\t"

/* Bytes whose sum is the number of differing bits of 18 words. */
DSE_INLINE uint32_t dse_eighteen(const dse_word *x, const dse_word *weights)
{
    uint32_t a, b, c, d, e, f, h, i, j, k;
    __asm__(DSE_NINE DSE_DIFFER("b", "c", 36, 40, 44) DSE_ADD("a", "b", "d")
            /* Here registers are short: k takes the sums. */
            "ldr %[k], [%[x], #48]\n\tldr %[b], [%[x], #52]\n\tldr %[h], [%[x], #56]\n\t"
            "ldr %[i], [%[w], #48]\n\tldr %[j], [%[w], #52]\n\teor %[k], %[k], %[i]\n\t"
            "ldr %[i], [%[w], #56]\n\teor %[b], %[b], %[j]\n\teor %[h], %[h], %[i]\n\t"
            "orr %[b], %[b], %[h]\n\teor %[b], %[b], %[k]\n\t"
            DSE_ADD("c", "k", "e") DSE_ADD("b", "c", "d")
            DSE_ADD("a", "b", "f") DSE_DIFFER("b", "c", 60, 64, 68)
            /* Ones in e and c, twos in d and b, fours in f, eights in a. */
            "mov %[k], #0x55555555\n\t" DSE_PAIRS("e", "d") DSE_PAIRS("c", "b") DSE_PAIRS("f", "a")
            "mov %[k], #0x33333333\n\t" DSE_FOURS("e", "d") DSE_FOURS("c", "b") DSE_FOURS("f", "a")
            "mov %[k], #0x0F0F0F0F\n\t" DSE_BYTES_OF("e") DSE_BYTES_OF("c") DSE_BYTES_OF("f")
            "add %[e], %[e], %[c]\n\tadd %[e], %[e], %[f], lsl #2"
            : DSE_REGISTERS
            : [x] "r"(x), [w] "r"(weights)
            : "memory");
    return e;
}

#else

/* Adds three words bit by bit: the sums come back in c, the carries as the result. */
DSE_INLINE uint32_t dse_add_bits(uint32_t a, uint32_t b, uint32_t *c)
{
    uint32_t ab = a ^ b, ac = a ^ *c;
    *c ^= ab;
    return a ^ (ab & ac);
}

DSE_INLINE dse_places dse_nine(const dse_word *x, const dse_word *weights)
{
    uint32_t one, other_one;
    dse_places n = {0, {0, 0}, 0};
    n.two[0] = dse_three(x, weights, &n.one);
    uint32_t two = dse_three(x + 3, weights + 3, &one);
    uint32_t other_two = dse_three(x + 6, weights + 6, &other_one);
    n.two[1] = dse_add_bits(one, other_one, &n.one);
    n.four = dse_add_bits(two, other_two, &n.two[0]);
    return n;
}

#endif

/* Pairs of bits, ones and twos, into numbers of four bits that count four of them. */
DSE_INLINE uint32_t dse_fours(uint32_t one, uint32_t two)
{
    uint32_t swap = (two ^ one >> 1) & 0x55555555u;
    two ^= swap;
    one ^= swap << 1;
    return (one & 0x33333333u) + (one >> 2 & 0x33333333u) + (two & 0x33333333u) +
           (two >> 2 & 0x33333333u);
}

#ifndef DSE_ARMV7M

/* Bytes whose sum is the number of differing bits of 18 words. */
DSE_INLINE uint32_t dse_eighteen(const dse_word *x, const dse_word *weights)
{
    dse_places n = dse_nine(x, weights), m = dse_nine(x + 9, weights + 9);
    uint32_t four = dse_add_bits(n.two[1], m.two[1], &n.two[0]);
    uint32_t eight = dse_add_bits(four, m.four, &n.four);
    uint32_t bytes = dse_byte_counts(dse_fours(n.one, n.two[0]));
    bytes += dse_byte_counts(dse_fours(m.one, m.two[0]));
    return bytes + (dse_byte_counts(dse_fours(n.four, eight)) << 2);
}

#endif

/* Number of differing bits of nine words. */
DSE_INLINE int32_t dse_differing_9(const dse_word *x, const dse_word *weights)
{
    const dse_places n = dse_nine(x, weights);
    uint32_t pairs = dse_nibble_counts(n.two[1]) + (dse_nibble_counts(n.four) << 1);
    uint32_t bytes = dse_byte_counts(dse_fours(n.one, n.two[0]));
    return dse_sum_of_bytes(bytes + (dse_byte_counts(pairs) << 1));
}

/* Number of differing bits of two runs of words. */
DSE_INLINE int32_t dse_differing(const dse_word *x, const dse_word *weights, int words)
{
    int32_t count = 0;
    for (; words >= 18; words -= 18, x += 18, weights += 18) {
        count += dse_sum_of_bytes(dse_eighteen(x, weights));
    }
    if (words >= 9) {
        count += dse_differing_9(x, weights);
        words -= 9;
        x += 9;
        weights += 9;
    }
    for (; words >= 3; words -= 3, x += 3, weights += 3) {
        uint32_t one, two = dse_three(x, weights, &one);
        uint32_t nibbles = dse_nibble_counts(one) + (dse_nibble_counts(two) << 1);
        count += dse_sum_of_bytes(dse_byte_counts(nibbles));
    }
    if (words > 0) {
        uint32_t nibbles = dse_nibble_counts(x[0] ^ weights[0]);
        if (words > 1) {
            nibbles += dse_nibble_counts(x[1] ^ weights[1]);
        }
        count += dse_sum_of_bytes(dse_byte_counts(nibbles));
    }
    return count;
}

enum { DSE_COUNTED = 16 };

/* All outputs of one vector of `words` words with `bits` meaningful bits: the counts of a few first,
 * then their outputs, as both need all registers. */
DSE_INLINE int8_t *dse_rows_xnor(const dse_rows *rows, const dse_word *x, int words, int32_t bits,
                                 int8_t *out)
{
    const dse_word *weights = rows->weights;
    const dse_channel *channel = rows->channels;
    for (int left = rows->outputs; left > 0; left -= DSE_COUNTED) {
        int32_t counts[DSE_COUNTED], *count = counts;
        const int32_t *const end = counts + (left < DSE_COUNTED ? left : DSE_COUNTED);
        do {
            *count++ = dse_differing(x, weights, words);
            weights += words;
        } while (count < end);
        const dse_range range = dse_range_of(rows);
        const int32_t all = bits << range.pre_shift, factor = -(2 << range.pre_shift);
        count = counts;
        do {
            int32_t acc = *count++ * factor + all + channel->bias;
            *out++ = (int8_t)dse_rescale(acc, *channel++, &range);
        } while (count < end);
    }
    return out;
}

#endif
