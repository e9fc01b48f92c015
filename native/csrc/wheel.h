/* Class lines: the integers split by their residue modulo M, after Pritchard, "Explaining the wheel
 * sieve", Acta Informatica 17 (1982).
 *
 * M is 30, 210 or 2310. Only residues r coprime to M can hold primes, apart from the primes of M
 * itself; each has a line of bits, and bit k of line r stands for the number k * M + r. Within a
 * line a prime p strikes every p-th bit: no wheel steps, and each prime starts somewhere in
 * [0, p) of each line. The larger M, the fewer bits there are and the more lines to start. */
#ifndef NATIVE_WHEEL_H
#define NATIVE_WHEEL_H

#include <stddef.h>
#include <stdint.h>

#define WHEEL_MOST_LINES 480
#define WHEEL_LARGEST 2310

typedef struct {
    uint32_t modulus;
    uint32_t lines;                      /* how many residues are coprime to it */
    uint32_t next_prime;                 /* the least prime that does not divide it */
    uint16_t residues[WHEEL_MOST_LINES]; /* those, ascending, from 1 on */
    uint64_t inverse[WHEEL_LARGEST];     /* modulo M, of each residue that has one; else 0 */
} wheel_t;

/* Fills in the wheel of the modulus 30, 210 or 2310. */
void wheel_init(wheel_t *wheel, uint32_t modulus);

/* 1 / M modulo p, for p coprime to M and above 1. */
static inline uint64_t wheel_inverse_modulo(const wheel_t *wheel, uint64_t p)
{
    /* M * x = 1 + p * t with t = -1 / p modulo M makes the right side divisible by M. */
    uint64_t t = wheel->modulus - wheel->inverse[p % wheel->modulus];
    return (1 + p * t) / wheel->modulus % p;
}

#endif
