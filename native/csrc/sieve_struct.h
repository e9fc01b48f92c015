/* What is inside of a sieve_t, for the files that work on it: sieve.c, strike.c and read.c. */
#ifndef NATIVE_KEPT_H
#define NATIVE_KEPT_H

#include "sieve.h"

#define LINES 8
#define FIRST_PROGRESS 7

struct sieve {
    uint64_t first;
    uint64_t last;
    uint64_t progress;
    uint64_t needed;
    uint64_t k;       /* of bit 0 of each line */
    size_t stride;    /* bytes of a line, a multiple of 8 */
    uint8_t *lines;   /* LINES of them, or NULL */
    int lent;         /* whether they are the caller's memory, which nobody writes to */
};

extern const uint8_t kept_residues[LINES];

/* The line of each residue modulo 30, or -1. */
extern const int8_t kept_line_of[30];

/* Strikes 1 and what is outside of the window in `bits` bits of a line, from its bit `from` on. */
void kept_strike_outside(const sieve_t *sieve, uint32_t line, uint64_t from, uint64_t bits,
                          uint8_t *bytes);

#endif
