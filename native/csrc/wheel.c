#include "wheel.h"

/* The last of the remainders of Euclid's algorithm is the common divisor, and where that is 1, the
 * coefficients that go with them end with the inverse. */
uint32_t inverse_modulo(uint64_t a, uint32_t m)
{
    int64_t r0 = m, r1 = (int64_t)(a % m), t0 = 0, t1 = 1;
    while (r1 != 0) {
        int64_t q = r0 / r1, r2 = r0 - q * r1, t2 = t0 - q * t1;
        r0 = r1;
        r1 = r2;
        t0 = t1;
        t1 = t2;
    }
    return r0 != 1 ? 0 : (uint32_t)(t0 < 0 ? t0 + m : t0);
}

void wheel_init(wheel_t *wheel, uint32_t modulus)
{
    wheel->modulus = modulus;
    wheel->lines = 0;
    for (uint32_t r = 0; r < modulus; r++) {
        uint32_t inverse = inverse_modulo(r, modulus);
        wheel->factors[r] = inverse == 0 ? 0 : modulus - inverse;
        if (inverse != 0)
            wheel->residues[wheel->lines++] = (uint16_t)r;
    }
}
