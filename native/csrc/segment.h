/* The engine: strikes with given primes, line by line, in pieces that fit the first-level cache.
 *
 * Segments after Bays and Hudson, "The segmented sieve of Eratosthenes and primes in arithmetic
 * progressions to 10^12", BIT 17 (1977), here a piece of one class line each. From the smallest
 * primes to the largest:
 *   patterns    below about 150: copied in, see patterns.h;
 *   often       below a 24th of a piece: eight strikes a step;
 *   sometimes   up to a piece: how often is known before, so nothing is asked;
 *   beyond      those that exceed a piece strike a stretch of the line that fits the second-level
 *               cache before its pieces are made; those that exceed that, too, at most once. That
 *               takes the place of a bucket sieve: a prime costs one step a line, in vectors. */
#ifndef NATIVE_ENGINE_H
#define NATIVE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"

/* Called for each piece: `bits` bits of line number `line`, from its bit `from` on (a multiple of
 * 512); in memory that may be written up to the next multiple of 512 bits. */
typedef void engine_piece_fn(void *context, uint32_t line, uint32_t from, uint32_t bits,
                             uint8_t *piece);

typedef struct {
    const kernel_t *kernel;
    int wheel;              /* index of the kernel's wheel */
    uint64_t k;             /* of bit 0: it stands for k * M + r in the line of r */
    uint32_t bits;          /* in each line, at most engine_line_bits() */
    const uint32_t *primes; /* ascending, below 2^32; from the wheel's next prime on coprime to M */
    size_t count;
    int patterns;           /* whether the primes of the patterns strike, too; then smaller ones
                               than patterns.below are skipped in `primes` */
    engine_piece_fn *load;  /* fills a piece with what is struck already; NULL: nothing is */
    engine_piece_fn *take;  /* gets each piece when it is done */
    void *context;
} engine_run_t;

/* How many bits a line may have at most in one run, for primes up to `largest`. */
uint32_t engine_line_bits(const kernel_t *kernel, uint64_t largest);

/* NATIVE_NO_MEMORY, before anything is taken. A prime may strike from its square on only, or before,
 * even itself: where that matters, the window begins behind the primes. */
int engine_run(const engine_run_t *run);

#endif
