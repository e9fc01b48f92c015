/* What all sieves of a process share: the kernels for this processor, the size of a segment,
 * wheels, pre-sieves and small primes. Made once, and read-only from then on. */
#ifndef NATIVE_CONTEXT_H
#define NATIVE_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "dispatch.h"
#include "presieve.h"
#include "status.h"
#include "wheel.h"

/* cffi begins */
typedef struct context context_t;

/* A context for an instruction set of enum native_isa, into *out; the caller owns it. `l1_bytes` is
 * the size of the first-level data cache of a core, 0 to ask the system. NATIVE_BAD_VALUE for an
 * instruction set that this processor lacks; NATIVE_NO_MEMORY. Cost: about a millisecond. */
int context_new(int isa, size_t l1_bytes, context_t **out);

/* Frees the memory; NULL is allowed. */
void context_free(context_t *context);

/* The instruction set of its kernels, and the size of the cache that it was made for. */
int context_isa(const context_t *context);
size_t context_l1_bytes(const context_t *context);
/* cffi ends */

#define SMALL_PRIMES_BELOW 65536
#define SMALL_PRIMES 6542 /* pi(65536) */

enum { WHEEL_30, WHEEL_210, WHEEL_2310, WHEELS };

struct context {
    const kernels_t *kernels;
    size_t l1_bytes;
    uint32_t segment_bits; /* what is sieved at once, four fifths of the cache: a multiple of 512 */
    uint32_t small_primes[SMALL_PRIMES];
    wheel_t wheels[WHEELS];
    presieve_t presieves[WHEELS];
};

#endif
