#include "wheel.h"

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void wheel_init(wheel_t *wheel, uint32_t modulus)
{
    wheel->modulus = modulus;
    wheel->lines = 0;
    wheel->next_prime = modulus == 30 ? 7 : modulus == 210 ? 11 : 13;
    for (uint32_t r = 0; r < modulus; r++) {
        wheel->factors[r] = 0;
        if (common_divisor(modulus, r) == 1)
            wheel->residues[wheel->lines++] = (uint16_t)r;
    }
    /* 1 / r is the last power of r before the one that is 1. */
    for (uint32_t i = 0; i < wheel->lines; i++) {
        uint32_t r = wheel->residues[i], power = 1, next = r % modulus;
        while (next != 1) {
            power = next;
            next = next * r % modulus;
        }
        wheel->factors[r] = modulus - power;
    }
}
