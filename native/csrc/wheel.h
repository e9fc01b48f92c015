/* The wheel: the integers split by their residue modulo M, after Pritchard, "Explaining the wheel
 * sieve", Acta Informatica 17 (1982).
 *
 * M is 30, 210 or 2310. Only residues r coprime to M can hold primes, apart from the primes of M
 * itself. Each such residue has a line of bits: bit k of the line of r stands for k * M + r. Within
 * a line the multiples of a prime p are every p-th bit, so that no wheel steps are needed; the bit
 * of the first multiple, in [0, p), differs from line to line. A larger M leaves fewer bits, and
 * more lines in which the first multiple has to be found. */
#ifndef NATIVE_WHEEL_H
#define NATIVE_WHEEL_H

#include <stddef.h>
#include <stdint.h>

#define WHEEL_30_LINES 8
#define WHEEL_MOST_LINES 480
#define WHEEL_LARGEST 2310

typedef struct {
    uint32_t modulus;
    uint32_t lines; /* how many residues are coprime to the modulus */
    uint16_t residues[WHEEL_MOST_LINES]; /* ascending: 1, the least prime above those of M, ... */
    double factors[WHEEL_LARGEST];       /* [r] is -1 / r modulo M, or 0 where there is none */
} wheel_t;

static const uint8_t wheel_30_residues[WHEEL_30_LINES] = {1, 7, 11, 13, 17, 19, 23, 29};

/* The line of each residue modulo 30, or -1. */
static const int8_t wheel_30_line_of[30] = {-1, 0, -1, -1, -1, -1, -1, 1, -1, -1, -1, 2, -1, 3, -1,
                                            -1, -1, 4, -1, 5, -1, -1, -1, 6, -1, -1, -1, -1, -1, 7};

/* The integers coprime to 30 of the first 240. */
static const uint8_t wheel_30_numbers[64] = {
    1, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 49, 53, 59, 61, 67, 71, 73, 77, 79, 83, 89,
    91, 97, 101, 103, 107, 109, 113, 119, 121, 127, 131, 133, 137, 139, 143, 149, 151, 157, 161,
    163, 167, 169, 173, 179, 181, 187, 191, 193, 197, 199, 203, 209, 211, 217, 221, 223, 227, 229,
    233, 239};

/* 1 / a modulo m, for m > 1, or 0 where there is none. */
uint32_t inverse_modulo(uint64_t a, uint32_t m);

/* Fills in the wheel of the modulus 30, 210 or 2310. */
void wheel_init(wheel_t *wheel, uint32_t modulus);

#endif
