/* A window [first, last) of the integers: where it begins and ends in the lines of a wheel. */
#ifndef NATIVE_WINDOW_H
#define NATIVE_WINDOW_H

#include <stdint.h>

#include "bits.h"

#define LARGEST_LAST (UINT64_C(1) << 63)

/* isqrt(n) */
static inline uint64_t square_root(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1)
        if ((root + bit) * (root + bit) <= n)
            root += bit;
    return root;
}

/* The bits that each line needs when bit 0 stands for k * M + r, k = first / M. */
static inline uint64_t window_bits(uint64_t first, uint64_t last, uint64_t modulus)
{
    return first < last ? (last - first / modulus * modulus + modulus - 1) / modulus : 0;
}

/* Sets those of `bits` bits of a line that stand for numbers outside of the window; bit 0 stands
 * for `number`, and at most one bit for a number below the window. */
static inline void window_cross_off_outside(uint64_t first, uint64_t last, uint64_t modulus,
                                            uint64_t number, uint64_t bits, uint8_t *bytes)
{
    if (number < first && bits > 0)
        bytes[0] |= 1;
    bits_set(bytes, number < last ? (last - number + modulus - 1) / modulus : 0, bits);
}

#endif
