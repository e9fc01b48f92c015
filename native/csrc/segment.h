/* The segmented sieve: crosses off the multiples of given primes in an interval of all lines of a
 * wheel, line by line, and each line segment by segment.
 *
 * Segments after Bays and Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic
 * progressions to 10^12", BIT 17 (1977). A segment is a run of one line that fits the first-level
 * cache (context_t.segment_bits); an interval is a run of segments, the same in every line. Primes
 * are treated by size, as in primesieve's EratSmall, EratMedium and EratBig:
 *   pre-sieved  below kernels_t.presieve_below: copied in, see presieve.h;
 *   small       below a 24th of a segment: eight multiples a step;
 *   medium      up to the interval: how many multiples there are is known before the loop. Those
 *               that exceed half a segment cross off the interval as a whole, which then fits the
 *               second-level cache, before its segments are sieved;
 *   large       beyond the interval: at most one multiple in a line, see large_primes.h. */
#ifndef NATIVE_SEGMENT_H
#define NATIVE_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"
#include "prime_list.h"

/* Called for each segment: `bits` bits of line number `line`, from bit `from` of the interval on (a
 * multiple of 512); in memory that may be written up to the next multiple of 512 bits. */
typedef void segment_fn(void *argument, uint32_t line, uint32_t from, uint32_t bits,
                        uint8_t *segment);

typedef struct {
    const context_t *context;
    int wheel;           /* index of the context's wheel */
    uint64_t k;          /* bit 0 of the interval stands for k * M + r in the line of r */
    uint32_t bits;       /* of the interval, at most segment_interval_bits() */
    prime_list_t primes; /* below 2^32; from the wheel's next prime on coprime to M */
    int presieve;        /* whether to pre-sieve: primes below kernels_t.presieve_below cross off,
                            too, whether or not they are in the list */
    segment_fn *load;    /* fills a segment with what is crossed off already; NULL: nothing is */
    segment_fn *take;    /* gets each segment when it is sieved */
    void *argument;      /* passed to both */
} segment_run_t;

/* How many bits an interval may have at most, for primes up to `largest`. */
uint32_t segment_interval_bits(const context_t *context, uint64_t largest);

/* Sieves an interval. NATIVE_NO_MEMORY, before anything is taken.
 * A prime may cross off its multiples below its square, and even itself: where that matters, the
 * interval begins at segment_begin() or later. */
int segment_run(const segment_run_t *run);

/* Where an interval below `last` begins at the earliest, when it is pre-sieved and sieved with the
 * primes of `list` up to the root of last - 1: behind all primes that cross off themselves, or at
 * `last`. The primes below that are in `list`, if it goes up to SMALL_PRIMES_BELOW or further. */
uint64_t segment_begin(const context_t *context, prime_list_t list, uint64_t last);

#endif
