/* Bit operations in C11, by a builtin of the compiler where it has one.
 *
 * A bitmap is addressed by bytes: bit i is bit i % 8 of byte i / 8, on every machine. */
#ifndef NATIVE_BITS_H
#define NATIVE_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The word of 64 bits at an index, at any alignment. */
static inline uint64_t bits_load(const void *words, size_t index)
{
    uint64_t word;
    memcpy(&word, (const uint8_t *)words + index * sizeof word, sizeof word);
    return word;
}

/* How many bits are set: the parallel sum of Hacker's Delight, 5-1. */
static inline unsigned bits_count(uint64_t word)
{
    word -= (word >> 1) & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + ((word >> 2) & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)((word * UINT64_C(0x0101010101010101)) >> 56);
}

/* Sets the bits in [from, to). */
static inline void bits_set(uint8_t *bytes, uint64_t from, uint64_t to)
{
    for (; from < to && from % 8 != 0; from++)
        bytes[from / 8] |= (uint8_t)(1u << from % 8);
    for (; from < to && to - from >= 8; from += 8)
        bytes[from / 8] = 0xff;
    for (; from < to; from++)
        bytes[from / 8] |= (uint8_t)(1u << from % 8);
}

/* The index of the lowest set bit of a word that is not 0. */
static inline unsigned bits_lowest(uint64_t word)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(word);
#else
    return bits_count((word & (~word + 1)) - 1);
#endif
}

#endif
