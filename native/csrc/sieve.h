/* A window [first, last) of the integers, and which of its composites are crossed off.
 *
 * The bitmap, layout 2, holds the numbers coprime to 30 in eight lines of `stride` bytes, one for
 * each residue 1, 7, 11, 13, 17, 19, 23, 29, one after the other (see wheel.h). Bit i % 8 of byte
 * i / 8 of the line of r stands for 30 * (first / 30 + i) + r and is set once that is crossed off;
 * 1, and what is outside of the window, is crossed off from the start. 10^10 integers take 333 MB.
 * A sieve that has not been changed yet has no bitmap: nothing is crossed off.
 *
 * `progress` is the least n such that the multiples of all primes below n are known to be crossed
 * off. It starts at 7, as multiples of 2, 3 and 5 are not stored, and never exceeds max(7, needed).
 * A sieve is finished when progress reaches `needed`: then what is not crossed off is prime.
 *
 * A sieve has one owner, who calls sieve_free. A function that changes a sieve must not run
 * concurrently with any other on the same sieve; the rest may. No function keeps a pointer that it
 * was given, but for sieve_borrow. A function that fails leaves its arguments as they were, but
 * the functions that cross off may have crossed off some of the multiples. */
#ifndef NATIVE_SIEVE_H
#define NATIVE_SIEVE_H

#include <stddef.h>
#include <stdint.h>

#include "context.h"
#include "status.h"
#include "wheel.h"
#include "window.h"

/* cffi begins */
/* For callers to read; the functions below change it. */
typedef struct {
    uint64_t first, last;
    uint64_t progress;
    uint64_t needed; /* what progress must reach: isqrt(last - 1) + 1, or 0 for the empty window */
    uint64_t k;      /* bit 0 of the line of r stands for 30 * k + r */
    size_t stride;   /* bytes of a line, a multiple of 8 */
    uint8_t *lines;  /* the bitmap, WHEEL_30_LINES of them, or NULL; valid until sieve_free */
    int borrowed;    /* whether the bitmap is the caller's memory, which is read only */
} sieve_t;

/* Bytes of the bitmap of [first, last), whether or not memory could hold it; first <= last. */
uint64_t sieve_bitmap_size(uint64_t first, uint64_t last);

/* A sieve with nothing crossed off and no bitmap, into *out. The caller owns it.
 * NATIVE_BAD_RANGE unless first <= last <= 2^63; NATIVE_NO_MEMORY. */
int sieve_new(uint64_t first, uint64_t last, sieve_t **out);

/* A sieve from the parts of another, into *out; copies the bitmap. The caller owns it.
 * NATIVE_BAD_RANGE as for sieve_new; NATIVE_BAD_LENGTH unless `size` is sieve_bitmap_size();
 * NATIVE_BAD_VALUE unless 7 <= progress <= max(7, needed); NATIVE_NO_MEMORY. Bits that stand for
 * no number are set, so that no content of `bitmap` makes later calls leave the window. */
int sieve_restore(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                  size_t size, sieve_t **out);

/* The same, but the sieve reads `bitmap` where it is, and never writes to it: the caller keeps it
 * unchanged until sieve_free. NATIVE_UNFINISHED unless progress has reached needed;
 * NATIVE_BAD_VALUE also where a bit that stands for no number is not set. */
int sieve_borrow(uint64_t first, uint64_t last, uint64_t progress, const void *bitmap,
                 size_t size, sieve_t **out);

/* Frees the memory; NULL is allowed. */
void sieve_free(sieve_t *sieve);

/* Allocates the bitmap, where there is none. NATIVE_NO_MEMORY. Pages are zeroed lazily. */
int sieve_make_bitmap(sieve_t *sieve);

/* 1 where window, progress and bitmap are the same, else 0; -1 where window and progress are the
 * same, but only one of the two has a bitmap. */
int sieve_equal(const sieve_t *left, const sieve_t *right);

/* The index of the first of `count` numbers that is below 2, or `count`. `primes` as below. */
size_t sieve_check_primes(const void *primes, size_t count);

/* Crosses off the multiples of each of `count` numbers, from its square on, in the bytes
 * [begin, end) of each line. `primes` are uint64_t in the machine's byte order, at any alignment,
 * in any order, repeated or not; a composite number is treated as a prime is; one below 2 is
 * skipped.
 * NATIVE_BAD_RANGE unless there is a bitmap that is not borrowed, begin <= end <= stride
 * and both are multiples of 8; NATIVE_NO_MEMORY. Progress stays as it is. */
int sieve_cross_off(const context_t *context, sieve_t *sieve, const void *primes, size_t count,
                    size_t begin, size_t end);

/* Writes the bytes [begin, end) of each line anew, whatever they hold: with the multiples of all
 * primes below `below` crossed off, or those of all that are needed.
 * NATIVE_BAD_RANGE as for sieve_cross_off, and where both exceed 2^26; NATIVE_NO_MEMORY. */
int sieve_cross_off_below(const context_t *context, sieve_t *sieve, uint64_t below, size_t begin,
                          size_t end);

/* Crosses off the multiples of the primes of [first, last) in the bytes [begin, end) of each line.
 * NATIVE_BAD_RANGE as for sieve_cross_off, and unless 2^23 <= first, last < 2^32 and
 * end - begin <= 2^23; NATIVE_NO_MEMORY. */
int sieve_cross_off_primes(const context_t *context, sieve_t *sieve, uint64_t first, uint64_t last,
                           size_t begin, size_t end);

/* States that the multiples of all primes below `below` are crossed off in the whole window. */
void sieve_raise_progress(sieve_t *sieve, uint64_t below);

/* The number of primes in the window, into *out. NATIVE_UNFINISHED, also without a bitmap.
 * Cost: one pass. */
int sieve_count(const context_t *context, const sieve_t *sieve, uint64_t *out);

/* The primes of the window from `from` on, ascending, at most `capacity` of them, into out[] and
 * how many into *written. To go on, call again from one past the last. NATIVE_UNFINISHED. */
int sieve_list(const context_t *context, const sieve_t *sieve, uint64_t from, uint64_t *out,
               size_t capacity, size_t *written);
/* cffi ends */

/* Crosses off 1 and what is outside of the window, in `bits` bits of a line from bit `from` on. */
static inline void cross_off_outside(const sieve_t *sieve, uint32_t line, uint64_t from,
                                     uint64_t bits, uint8_t *bytes)
{
    window_cross_off_outside(sieve->first < 2 ? 2 : sieve->first, sieve->last, 30,
                             30 * (sieve->k + from) + wheel_30_residues[line], bits, bytes);
}

#endif
