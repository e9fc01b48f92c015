/* What is inside of a sieve_t, for the files that work on it: sieve.c, cross_off.c and query.c. */
#ifndef NATIVE_SIEVE_STRUCT_H
#define NATIVE_SIEVE_STRUCT_H

#include <stddef.h>
#include <stdint.h>

#include "wheel.h"
#include "window.h"

#define LINES WHEEL_30_LINES
#define FIRST_PROGRESS 7

struct sieve {
    uint64_t first;
    uint64_t last;
    uint64_t progress;
    uint64_t needed;
    uint64_t k;     /* bit 0 of the line of r stands for 30 * k + r */
    size_t stride;  /* bytes of a line, a multiple of 8 */
    uint8_t *lines; /* the bitmap, LINES of them, or NULL */
    int borrowed;   /* whether the bitmap is the caller's memory, which is read only */
};

/* Crosses off 1 and what is outside of the window, in `bits` bits of a line from bit `from` on. */
static inline void cross_off_outside(const struct sieve *sieve, uint32_t line, uint64_t from,
                                     uint64_t bits, uint8_t *bytes)
{
    window_cross_off_outside(sieve->first < 2 ? 2 : sieve->first, sieve->last, 30,
                             30 * (sieve->k + from) + wheel_30_residues[line], bits, bytes);
}

#endif
