#include "dse_look_dsp.h"

/* A code is a sign above two bits: 0 for 0, else 1 + exponent. */
#define LEVEL(code) (((code) & 4 ? -1 : 1) * ((1 << ((code) & 3)) >> 1))
#define PAIR(low, high) ((uint32_t)(uint16_t)LEVEL(low) | (uint32_t)(uint16_t)LEVEL(high) << 16)
#define FOUR(low, high) PAIR(low, high), PAIR(low + 1, high), PAIR(low + 2, high), PAIR(low + 3, high)
#define ROW(high) FOUR(0, high), FOUR(4, high)

const uint32_t dse_pairs_p3[64] = {
    ROW(0), ROW(1), ROW(2), ROW(3), ROW(4), ROW(5), ROW(6), ROW(7),
};
