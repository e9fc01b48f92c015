/* Decoding the lines of the wheel 30 into primes, without special instructions: 8 by 8 bits are
 * transposed, so that they stand in the order of their numbers, and read from the lowest on. To be
 * included behind kernels.h. */
#include "bits.h"
#include "wheel.h"

/* Bit 8 * i + j becomes bit 8 * j + i: Hacker's Delight, 7-3. */
static inline uint64_t KERNEL(transpose)(uint64_t x)
{
    uint64_t t = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
    return x ^ t ^ (t << 28);
}

static size_t KERNEL(decode)(const uint8_t *lines, size_t stride, uint64_t number, uint64_t *out)
{
    uint64_t *at = out;
    for (int j = 0; j < 8; j++, number += 240) {
        uint64_t bits = 0;
        for (unsigned line = 0; line < 8; line++)
            bits |= (uint64_t)(uint8_t)~lines[line * stride + (size_t)j] << 8 * line;
        for (bits = KERNEL(transpose)(bits); bits != 0; bits &= bits - 1)
            *at++ = number + wheel_30_numbers[bits_lowest(bits)];
    }
    return (size_t)(at - out);
}
