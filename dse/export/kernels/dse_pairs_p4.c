#include "dse_look_dsp.h"

/* A code is a sign above three bits: 0 for 0, else 1 + exponent. */
#define LEVEL(code) (((code) & 8 ? -1 : 1) * ((1 << ((code) & 7)) >> 1))
#define PAIR(low, high) ((uint32_t)(uint16_t)LEVEL(low) | (uint32_t)(uint16_t)LEVEL(high) << 16)
#define FOUR(low, high) PAIR(low, high), PAIR(low + 1, high), PAIR(low + 2, high), PAIR(low + 3, high)
#define ROW(high) FOUR(0, high), FOUR(4, high), FOUR(8, high), FOUR(12, high)

const uint32_t dse_pairs_p4[256] = {
    ROW(0), ROW(1), ROW(2),  ROW(3),  ROW(4),  ROW(5),  ROW(6),  ROW(7),
    ROW(8), ROW(9), ROW(10), ROW(11), ROW(12), ROW(13), ROW(14), ROW(15),
};
