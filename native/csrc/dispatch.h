/* Run-time dispatch: the inner loops ("kernels") are compiled once for each instruction set, and
 * one of these builds is chosen for the processor at hand.
 *
 * kernels.h is the source of all builds, in C that compilers turn into vectors of the size asked
 * for; kernels_plain.c, kernels_avx2.c and kernels_avx512.c include it. The plain build runs on any
 * machine, and the tests compare the others with it. */
#ifndef NATIVE_DISPATCH_H
#define NATIVE_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

#include "wheel.h"

/* cffi begins */
enum native_isa {
    NATIVE_ISA_PLAIN = 0,  /* C11, any machine */
    NATIVE_ISA_AVX2 = 1,   /* x86-64 with AVX2, BMI and POPCNT */
    NATIVE_ISA_AVX512 = 2, /* x86-64 with AVX-512 as of Ice Lake */
    NATIVE_ISA_BEST = 3    /* the last of these that this processor has */
};
/* cffi ends */

#define DECODE_ROOM (512 + 16)

/* "Segment" stands for `bits` bits of one line, in memory. */
typedef struct {
    int isa; /* of enum native_isa */
    uint32_t presieve_below; /* smaller primes cost less in the pre-sieve than crossed off */

    /* dst[i] = or dst[i] |= the sources' OR, for n bytes, a multiple of 64. */
    void (*combine)(uint8_t *dst, const uint8_t *const *sources, size_t count, size_t n,
                    int store);
    /* How far the next multiple of primes[i] is from `number`, below 2^63: less than primes[i]. */
    void (*find_distances)(uint32_t *distances, const uint32_t *primes, size_t n, uint64_t number);
    /* starts[i]: the bit of the first multiple of primes[i] in the line whose bit 0 stands for
     * `number`, below 2^63; steps[i]: 2 / M modulo primes[i]. */
    void (*find_starts)(uint32_t *starts, uint32_t *steps, const uint32_t *primes, size_t n,
                        const wheel_t *wheel, uint64_t number);
    /* Moves starts[i] by -steps[i] modulo primes[i], `times` times. */
    void (*advance)(uint32_t *starts, const uint32_t *steps, const uint32_t *primes, size_t n,
                    unsigned times);
    /* Cross off the multiples of small and of medium primes (see segment.h) in a segment. The
     * first multiple of each prime is at its start, in [0, prime). */
    void (*cross_off_small)(uint8_t *segment, uint32_t bits, const uint32_t *starts,
                            const uint32_t *primes, size_t n);
    void (*cross_off_medium)(uint8_t *segment, uint32_t bits, const uint32_t *starts,
                             const uint32_t *primes, size_t n);
    /* For large primes, of which a line has one multiple at most: the starts below `bits`, into
     * multiples[], which has room for n + 16; returns how many. */
    size_t (*collect_large)(uint32_t *multiples, uint32_t bits, const uint32_t *starts, size_t n);
    /* Crosses off the bits of these indices. */
    void (*cross_off_large)(uint8_t *line, const uint32_t *multiples, size_t n);
    /* How many bits are 0 in n bytes, a multiple of 64. */
    uint64_t (*count_zeros)(const uint8_t *bytes, size_t n);
    /* The numbers of the 0 bits among 64 of each line of the wheel 30, ascending, into out[], which
     * has room for DECODE_ROOM; returns how many. Line i begins at lines + i * stride; its bit 0
     * stands for `number` plus the residue of the line. */
    size_t (*decode)(const uint8_t *lines, size_t stride, uint64_t number, uint64_t *out);
} kernels_t;

extern const kernels_t kernels_plain;
#if defined(__x86_64__) && defined(__GNUC__)
#define NATIVE_X86_KERNELS
extern const kernels_t kernels_avx2, kernels_avx512;
#endif

/* The build for an instruction set of enum native_isa, or NULL where this processor lacks it. */
const kernels_t *dispatch(int isa);

#endif
