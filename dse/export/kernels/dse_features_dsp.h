/* Complex numbers of 16 bits with the DSP extension, and portable twins. */
#ifndef DSE_FEATURES_DSP_H
#define DSE_FEATURES_DSP_H

#include "dse_features.h"
#include "dse_simd.h"

#ifdef __ARM_FEATURE_SIMD32

/* acc + the real part of x times y. */
DSE_INLINE int32_t dse_add_real(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlsd((int16x2_t)x, (int16x2_t)y, acc);
}

/* acc + the imaginary part of x times y. */
DSE_INLINE int32_t dse_add_imaginary(uint32_t x, uint32_t y, int32_t acc)
{
    return __smladx((int16x2_t)x, (int16x2_t)y, acc);
}

/* acc + 2^14 times the real or the imaginary part. */
DSE_INLINE int32_t dse_keep_real(uint32_t x, int32_t one, int32_t acc)
{
    return __smlabb((int32_t)x, one, acc);
}

DSE_INLINE int32_t dse_keep_imaginary(uint32_t x, int32_t one, int32_t acc)
{
    return __smlatb((int32_t)x, one, acc);
}

/* Both parts shifted right by one. */
DSE_INLINE uint32_t dse_halve(uint32_t x)
{
    return (uint32_t)__shadd16((int16x2_t)x, 0);
}

/* x plus the conjugate of y, x minus the conjugate of y; y comes with its parts exchanged. */
DSE_INLINE uint32_t dse_plus_conjugate(uint32_t x, uint32_t y)
{
    return (uint32_t)__ssax((int16x2_t)x, (int16x2_t)y);
}

DSE_INLINE uint32_t dse_minus_conjugate(uint32_t x, uint32_t y)
{
    return (uint32_t)__sasx((int16x2_t)x, (int16x2_t)y);
}

#else

DSE_INLINE int32_t dse_add_real(uint32_t x, uint32_t y, int32_t acc)
{
    return acc + (dse_real(x) * dse_real(y) - dse_imaginary(x) * dse_imaginary(y));
}

DSE_INLINE int32_t dse_add_imaginary(uint32_t x, uint32_t y, int32_t acc)
{
    return acc + (dse_real(x) * dse_imaginary(y) + dse_imaginary(x) * dse_real(y));
}

DSE_INLINE int32_t dse_keep_real(uint32_t x, int32_t one, int32_t acc)
{
    return acc + dse_real(x) * one;
}

DSE_INLINE int32_t dse_keep_imaginary(uint32_t x, int32_t one, int32_t acc)
{
    return acc + dse_imaginary(x) * one;
}

DSE_INLINE uint32_t dse_halve(uint32_t x)
{
    return dse_complex(dse_real(x) >> 1, dse_imaginary(x) >> 1);
}

DSE_INLINE uint32_t dse_plus_conjugate(uint32_t x, uint32_t y)
{
    return dse_complex(dse_real(x) + dse_imaginary(y), dse_imaginary(x) - dse_real(y));
}

DSE_INLINE uint32_t dse_minus_conjugate(uint32_t x, uint32_t y)
{
    return dse_complex(dse_real(x) - dse_imaginary(y), dse_imaginary(x) + dse_real(y));
}

#endif

DSE_INLINE uint32_t dse_exchanged(uint32_t x)
{
    return x << 16 | x >> 16;
}

#endif
