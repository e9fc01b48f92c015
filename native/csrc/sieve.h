/* A window [first, last) of the integers, and which of its numbers have been struck as composite.
 *
 * The bitmap holds the odd numbers of the window only: bit i stands for (first | 1) + 2 * i and is
 * set once the number has been struck; 1 is struck from the start. Bits behind the last odd number
 * are 0. One byte holds 16 numbers, so the window [0, 10^10) takes 625 MB.
 *
 * `progress` is the least n such that the multiples of all primes below n are known to be struck.
 * It starts at 3, as even numbers are not stored, and never exceeds max(3, needed). A sieve is
 * finished when progress reaches `needed`: then what is left unstruck is prime.
 *
 * A sieve has one owner, who calls sieve_free. A function that changes a sieve must not run beside
 * any other on the same sieve; the rest may run beside each other. Nothing here keeps a pointer
 * that it was given, and every failure leaves its arguments as they were. */
#ifndef NATIVE_SIEVE_H
#define NATIVE_SIEVE_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* cffi begins */
typedef struct sieve sieve_t;

/* Bytes of the bitmap of [first, last), whether or not memory could hold it; first <= last. */
uint64_t sieve_bitmap_size(uint64_t first, uint64_t last);

/* A sieve with nothing struck, into *out. The caller owns it.
 * NATIVE_BAD_RANGE unless first <= last <= 2^63; NATIVE_NO_MEMORY. Pages are zeroed lazily. */
int sieve_new(uint64_t first, uint64_t last, sieve_t **out);

/* A sieve from the parts of another, into *out; copies the bitmap. The caller owns it.
 * NATIVE_BAD_RANGE as for sieve_new; NATIVE_BAD_LENGTH unless `size` is sieve_bitmap_size();
 * NATIVE_BAD_VALUE unless 3 <= progress <= max(3, needed); NATIVE_NO_MEMORY. Bits that stand for
 * no number are cleared, so that no content of `bitmap` makes later calls leave the window. */
int sieve_restore(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                  size_t size, sieve_t **out);

/* A second sieve with the same content and its own memory, into *out. NATIVE_NO_MEMORY. */
int sieve_copy(const sieve_t *sieve, sieve_t **out);

/* Gives the memory back; NULL is allowed. */
void sieve_free(sieve_t *sieve);

uint64_t sieve_first(const sieve_t *sieve);
uint64_t sieve_last(const sieve_t *sieve);
uint64_t sieve_progress(const sieve_t *sieve);

/* What progress must reach: isqrt(last - 1) + 1, or 0 where the window has no odd number. */
uint64_t sieve_needed(const sieve_t *sieve);

/* The bitmap, of sieve_size() bytes; lent, valid until sieve_free. */
const uint8_t *sieve_bitmap(const sieve_t *sieve);
size_t sieve_size(const sieve_t *sieve);

/* 1 where window, progress and bitmap are the same, else 0. */
int sieve_equal(const sieve_t *left, const sieve_t *right);

/* The index of the first of `count` numbers that is below 2, or `count`. `primes` as below. */
size_t sieve_check_primes(const void *primes, size_t count);

/* Strikes the multiples of each of `count` numbers, from its square on, in the bytes [begin, end)
 * of the bitmap. `primes` are uint64_t in the machine's byte order, at any alignment, in any
 * order, repeated or not; a composite number is struck with like a prime; one below 2 is skipped.
 * NATIVE_BAD_RANGE unless begin <= end <= sieve_size(). Progress stays as it is.
 * Cost: a division for each number and MiB, and a store for each multiple. */
int sieve_cross_off(sieve_t *sieve, const void *primes, size_t count, size_t begin, size_t end);

/* States that the multiples of all primes below `below` have been struck in the whole window. */
void sieve_reach(sieve_t *sieve, uint64_t below);

/* The number of primes in the window, into *out. NATIVE_UNFINISHED. Cost: one pass. */
int sieve_count(const sieve_t *sieve, uint64_t *out);

/* The primes of the window from `from` on, ascending, at most `capacity` of them, into out[] and
 * how many into *written. To go on, call again from one past the last. NATIVE_UNFINISHED. */
int sieve_list(const sieve_t *sieve, uint64_t from, uint64_t *out, size_t capacity,
               size_t *written);

/* Whether `number` is prime (1 or 0), into *out.
 * NATIVE_BAD_RANGE where it is outside the window; NATIVE_UNFINISHED. */
int sieve_contains(const sieve_t *sieve, uint64_t number, int *out);
/* cffi ends */

#endif
