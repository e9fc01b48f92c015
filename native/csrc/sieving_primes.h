/* Sieving primes: those up to the square root of the end of what is sieved. */
#ifndef NATIVE_SIEVING_PRIMES_H
#define NATIVE_SIEVING_PRIMES_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"
#include "prime_list.h"

#define SIEVING_PRIMES_BELOW (UINT64_C(1) << 26) /* their list takes 16 MB */

typedef struct {
    prime_list_t list; /* from 2 on */
    uint32_t *memory;  /* NULL where the list is the context's */
} sieving_primes_t;

/* The primes below `below`, and at least those below SMALL_PRIMES_BELOW.
 * NATIVE_BAD_RANGE where `below` exceeds SIEVING_PRIMES_BELOW; NATIVE_NO_MEMORY. */
int sieving_primes_find(const context_t *context, uint64_t below, sieving_primes_t *sieving);
void sieving_primes_clear(sieving_primes_t *sieving);

#endif
