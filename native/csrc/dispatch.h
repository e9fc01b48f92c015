/* The loops that take the time, compiled once for each kind of processor.
 *
 * hot.h has them, in C that each compiler turns into its best vectors; path_*.c include it. The
 * plain path runs anywhere and is what the others are tested against. */
#ifndef NATIVE_PATHS_H
#define NATIVE_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "wheel.h"

#define LIST_ROOM (512 + 16)

typedef struct {
    int number; /* of enum native_path */
    uint32_t patterns_below; /* primes below it are cheaper as patterns than as strikes */

    /* dst[i] = or dst[i] |= the sources' OR, for n bytes, a multiple of 64. */
    void (*combine)(uint8_t *dst, const uint8_t *const *sources, size_t count, size_t n,
                    int store);
    /* starts[i]: the first bit that primes[i] strikes in the line of residue 1 whose bit 0 stands
     * for `number`, below 2^63; steps[i]: 2 / M modulo primes[i]. The primes exceed 2^11. */
    void (*find_starts)(uint32_t *starts, uint32_t *steps, const uint32_t *primes, size_t n,
                        const wheel_t *wheel, uint64_t number);
    /* Moves starts[i] by -steps[i] modulo primes[i], `times` times. */
    void (*advance)(uint32_t *starts, const uint32_t *steps, const uint32_t *primes, size_t n,
                    unsigned times);
    /* Strikes of primes that hit a piece of `bits` bits many times, or a few times; each
     * prime's first strike is at its start, in [0, prime). */
    void (*often)(uint8_t *piece, uint32_t bits, const uint32_t *starts, const uint32_t *primes,
                  size_t n);
    void (*sometimes)(uint8_t *piece, uint32_t bits, const uint32_t *starts,
                      const uint32_t *primes, size_t n);
    /* The starts below `bits`, into hits[], which has room for n + 16; returns how many. */
    size_t (*collect)(uint32_t *hits, uint32_t bits, const uint32_t *starts, size_t n);
    void (*strike_each)(uint8_t *piece, const uint32_t *hits, size_t n);
    /* How many bits are 0 in n bytes, a multiple of 8. */
    uint64_t (*zeros)(const uint8_t *bytes, size_t n);
    /* The numbers of the 0 bits among 64 of each line of the wheel 30, ascending, into out[], which
     * has room for LIST_ROOM; returns how many. Line r begins at lines + r * stride; bit 0 stands
     * for `number` and the line's residue. */
    size_t (*list_group)(const uint8_t *lines, size_t stride, uint64_t number, uint64_t *out);
} path_t;

extern const path_t path_plain;
#if defined(__x86_64__) && defined(__GNUC__)
#define NATIVE_X86_PATHS
extern const path_t path_avx2, path_avx512;
#endif

#endif
