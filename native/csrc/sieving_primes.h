/* Base primes: those up to the square root of what is sieved. */
#ifndef NATIVE_BASE_H
#define NATIVE_BASE_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"

#define LARGEST_BASE (UINT64_C(1) << 26) /* their list takes 16 MB */

typedef struct {
    size_t count;
    const uint32_t *primes; /* ascending, from 2 on */
    uint32_t *memory;       /* NULL where they are the kernel's */
} base_t;

/* The primes below `below`, at most LARGEST_BASE. NATIVE_BAD_RANGE; NATIVE_NO_MEMORY. */
int base_find(const kernel_t *kernel, uint64_t below, base_t *base);
void base_clear(base_t *base);

/* Where sieving begins at the earliest, at most `last`: the primes below it may strike themselves,
 * and are in the list. */
uint64_t base_end(const base_t *base, const kernel_t *kernel, uint64_t last);

/* How many of them are below `bound`. */
size_t base_index(const base_t *base, uint64_t bound);

#endif
