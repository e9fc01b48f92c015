/* What every sieve of this process shares: wheels, patterns, small primes, and how this machine is
 * used best. Made once, read-only from then on. */
#ifndef NATIVE_KERNEL_H
#define NATIVE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"
#include "presieve.h"
#include "status.h"
#include "wheel.h"

/* cffi begins */
typedef struct kernel kernel_t;

enum native_path {
    NATIVE_PATH_PLAIN = 0,  /* C11, any machine */
    NATIVE_PATH_AVX2 = 1,   /* x86-64 with AVX2, BMI and POPCNT */
    NATIVE_PATH_AVX512 = 2, /* x86-64 with AVX-512 as of Ice Lake */
    NATIVE_PATH_BEST = 3    /* the last of these that this processor has */
};

/* A kernel on a path, into *out; the caller owns it. `l1_bytes` is the size of the first-level data
 * cache of a core, 0 to ask the system. NATIVE_BAD_VALUE for a path that this processor does not
 * have; NATIVE_NO_MEMORY. Cost: a fraction of a millisecond. */
int kernel_new(int path, size_t l1_bytes, kernel_t **out);

/* Gives the memory back; NULL is allowed. */
void kernel_free(kernel_t *kernel);

/* Which path it is on, and the size of the cache that it reckons with. */
int kernel_path(const kernel_t *kernel);
size_t kernel_l1_bytes(const kernel_t *kernel);
/* cffi ends */

#define SMALL_PRIMES_BELOW 65536
#define SMALL_PRIMES 6542 /* there are below that */

enum { WHEEL_30, WHEEL_210, WHEEL_2310, WHEELS };

struct kernel {
    const path_t *path;
    size_t l1_bytes;
    uint32_t piece_bits; /* what a core sieves at once: a multiple of 512 */
    uint32_t small_primes[SMALL_PRIMES];
    wheel_t wheels[WHEELS];
    patterns_t patterns[WHEELS];
};

#endif
