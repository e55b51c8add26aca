/* The front end: a frame of int16 samples to one row of the network's int8 input.
 *
 * The Fourier transform is in block floating point: complex numbers are words with the real part
 * below, 16 bits each, and share one exponent. Before each stage `bits` is the least number with
 * -2^bits <= x < 2^bits for all parts; the stage shifts its results right by what keeps them
 * within 16 bits whatever the data. Shifts are floor shifts after adding half of the unit.
 */
#ifndef DSE_FEATURES_H
#define DSE_FEATURES_H

#include "dse_arithmetic.h"

/* From a coefficient to the input: clamp((((coefficient * multiplier) >> 16) + bias) >> shift). */
typedef struct {
    int32_t multiplier; /* below 2^30 */
    int32_t bias;       /* with half of the unit and the zero point */
    uint8_t shift;      /* 1 to 20 */
} dse_level;

typedef struct {
    const uint16_t *window;   /* 2^15 times the weight of each sample */
    const uint32_t *twiddles; /* points / 2 words: 2^14 times the cosine and minus the sine */
    const uint8_t *segments;  /* bands + 1: bins between each two edges of the bands */
    const uint8_t *weights;   /* for each bin: 256 times its way up from edge to edge */
    const uint16_t *logs;     /* 33: 2^14 log2(1 + i / 32) */
    const int16_t *cosines;   /* a row of bands for each coefficient; NULL for log-mel */
    const dse_level *levels;  /* one per coefficient */
    int32_t offset;           /* added to log2 of a band's integer, in 2^-14 octaves */
    uint16_t samples;         /* of a frame */
    uint16_t points;          /* of the transform, a power of two, at least 16 */
    uint16_t first_bin;       /* of the lowest band */
    uint16_t bands;
    uint16_t coefficients;
    uint8_t shift; /* right shift of a sum of logarithms times cosines */
} dse_features_params;

/* What the words of a transform share. */
typedef struct {
    uint32_t seen;    /* or of x ^ (x << 1) of all words: the highest bit tells `bits` */
    int32_t exponent; /* true value = number * 2^exponent */
} dse_block;

/* Scratch: points / 2 + 1 words, then a halfword for each band. */
void dse_features(const dse_features_params *p, const int16_t *frame, void *scratch, int8_t *out);
void dse_features_dsp(const dse_features_params *p, const int16_t *frame, void *scratch,
                      int8_t *out);

/* Weighs a frame and puts it, as points / 2 complex numbers, into bit-reversed order. */
void dse_frame_window(const dse_features_params *p, const int16_t *frame, dse_block *block,
                      uint32_t *words);

/* The complex transform in place. */
void dse_fft(const dse_features_params *p, dse_block *block, uint32_t *words);
void dse_fft_dsp(const dse_features_params *p, dse_block *block, uint32_t *words);

/* The power spectrum of the real samples in place of their transform, one word longer. */
void dse_power(const dse_features_params *p, dse_block *block, uint32_t *words);
void dse_power_dsp(const dse_features_params *p, dse_block *block, uint32_t *words);

/* Logarithms of the bands: 2^9 times the octaves above the floor. */
void dse_mel(const dse_features_params *p, const uint32_t *power, const dse_block *block,
             int16_t *out);

/* Coefficients of the logarithms, quantised. */
void dse_cepstrum(const dse_features_params *p, const int16_t *logs, int8_t *out);

DSE_INLINE int32_t dse_leading_zeros(uint32_t value)
{
#if defined(__thumb__) && !defined(__thumb2__)
    int32_t zeros = 0;
    for (int step = 16; step > 0; step >>= 1) {
        if (!(value >> (32 - step))) {
            value <<= step;
            zeros += step;
        }
    }
    return zeros;
#else
    return __builtin_clz(value);
#endif
}

DSE_INLINE int32_t dse_real(uint32_t word)
{
    return (int16_t)word;
}

DSE_INLINE int32_t dse_imaginary(uint32_t word)
{
    return (int32_t)word >> 16;
}

DSE_INLINE uint32_t dse_complex(int32_t real, int32_t imaginary)
{
    return ((uint32_t)real & 0xFFFFu) | (uint32_t)imaginary << 16;
}

/* Bits of the largest part; of 0 and -1 none. */
DSE_INLINE int32_t dse_bits(uint32_t seen)
{
    uint32_t both = ((seen >> 16) | seen) & 0xFFFEu;
    return both ? 31 - dse_leading_zeros(both) : 0;
}

/* Right shift of a stage that has room for so many bits; it counts in the exponent, and what is
 * seen begins anew. */
DSE_INLINE int32_t dse_stage_shift(dse_block *block, int32_t room)
{
    int32_t excess = dse_bits(block->seen) - room;
    excess = excess > 0 ? excess : 0;
    block->exponent += excess;
    block->seen = 0;
    return excess;
}

/* Four words 0, 1, 2, 3 in bit-reversed order become their transform. */
DSE_INLINE uint32_t dse_first_stages(uint32_t *words, uint32_t count, int32_t shift)
{
    const int32_t half = (int32_t)((1u << shift) >> 1);
    uint32_t seen = 0;
    for (const uint32_t *end = words + count; words < end; words += 4) {
        uint32_t a = words[0], b = words[1], c = words[2], d = words[3];
        int32_t sum = dse_real(a) + dse_real(b) + half, other = dse_real(c) + dse_real(d);
        int32_t sum_i = dse_imaginary(a) + dse_imaginary(b) + half;
        int32_t other_i = dse_imaginary(c) + dse_imaginary(d);
        words[0] = dse_complex((sum + other) >> shift, (sum_i + other_i) >> shift);
        words[2] = dse_complex((sum - other) >> shift, (sum_i - other_i) >> shift);
        sum = dse_real(a) - dse_real(b) + half;
        sum_i = dse_imaginary(a) - dse_imaginary(b) + half;
        other = dse_real(c) - dse_real(d);
        other_i = dse_imaginary(c) - dse_imaginary(d);
        words[1] = dse_complex((sum + other_i) >> shift, (sum_i - other) >> shift);
        words[3] = dse_complex((sum - other_i) >> shift, (sum_i + other) >> shift);
        for (int i = 0; i < 4; i++) {
            seen |= words[i] ^ words[i] << 1;
        }
    }
    return seen;
}

#endif
