#include "large_primes.h"

#include <stdlib.h>
#include <string.h>

#include "status.h"

#define ROW_PRIMES 16384 /* 192 KiB with their starts and steps */

/* About how many multiples of the primes a line has, or somewhat more. */
static size_t expected_multiples(uint32_t bits, const uint32_t *primes, size_t n)
{
    uint64_t sum = 0;
    for (size_t done = 0; done < n; done += ROW_PRIMES)
        sum += (n - done < ROW_PRIMES ? n - done : ROW_PRIMES) * (uint64_t)bits / primes[done] + 64;
    return (size_t)(sum + sum / 64);
}

static int reserve(buckets_t *buckets, size_t room)
{
    uint32_t *larger = realloc(buckets->multiples, BUCKET_LINES * room * sizeof *larger);
    if (larger == NULL)
        return NATIVE_NO_MEMORY;
    for (size_t i = BUCKET_LINES; i-- > 1;)
        memmove(larger + i * room, larger + i * buckets->room,
                buckets->found[i] * sizeof *larger);
    buckets->multiples = larger;
    buckets->room = room;
    return NATIVE_OK;
}

int buckets_fill(buckets_t *buckets, const kernels_t *kernels, const wheel_t *wheel, uint64_t k,
                 uint32_t line, uint32_t bits, const uint32_t *primes, size_t n)
{
    uint32_t *starts = malloc(2 * ROW_PRIMES * sizeof *starts), *steps = starts + ROW_PRIMES;
    int status = starts == NULL ? NATIVE_NO_MEMORY : NATIVE_OK;
    if (buckets->multiples == NULL && status == NATIVE_OK)
        status = reserve(buckets, expected_multiples(bits, primes, n) + ROW_PRIMES + 16);
    for (size_t done = 0; done < n && status == NATIVE_OK; done += ROW_PRIMES) {
        size_t now = n - done < ROW_PRIMES ? n - done : ROW_PRIMES;
        kernels->find_starts(starts, steps, primes + done, now, wheel,
                             k * wheel->modulus + wheel->residues[line]);
        for (uint32_t i = 0; i < BUCKET_LINES && status == NATIVE_OK; i++) {
            if (i > 0)
                kernels->advance(starts, steps, primes + done, now,
                                 (wheel->residues[line + i] - wheel->residues[line + i - 1]) / 2u);
            if (buckets->room - buckets->found[i] < now + 16)
                status = reserve(buckets, 2 * buckets->room);
            if (status == NATIVE_OK)
                buckets->found[i] += kernels->collect_large(
                    buckets->multiples + i * buckets->room + buckets->found[i], bits, starts, now);
        }
    }
    free(starts);
    return status;
}

void buckets_cross_off(buckets_t *buckets, const kernels_t *kernels, uint32_t line, uint8_t *bytes)
{
    size_t i = line % BUCKET_LINES;
    kernels->cross_off_large(bytes, buckets->multiples + i * buckets->room, buckets->found[i]);
    buckets->found[i] = 0;
}
