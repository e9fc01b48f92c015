#include "large_primes.h"

#include <stdlib.h>

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

int buckets_fill(buckets_t *buckets, const kernels_t *kernels, const wheel_t *wheel, uint64_t k,
                 uint32_t line, uint32_t bits, const uint32_t *primes, size_t n)
{
    size_t used = 0, bucket = 0, expected = expected_multiples(bits, primes, n);
    buckets->rows = (n + ROW_PRIMES - 1) / ROW_PRIMES;
    if (line == 0) {
        buckets->room = BUCKET_LINES * expected + ROW_PRIMES + 16;
        buckets->multiples = malloc(buckets->room * sizeof *buckets->multiples);
        buckets->ends = malloc(buckets->rows * BUCKET_LINES * sizeof *buckets->ends);
    }
    uint32_t *starts = malloc(2 * ROW_PRIMES * sizeof *starts), *steps = starts + ROW_PRIMES;
    int status = starts == NULL || buckets->ends == NULL || buckets->multiples == NULL
        ? NATIVE_NO_MEMORY : NATIVE_OK;
    for (size_t done = 0; done < n && status == NATIVE_OK; done += ROW_PRIMES) {
        size_t now = n - done < ROW_PRIMES ? n - done : ROW_PRIMES;
        kernels->find_starts(starts, steps, primes + done, now, wheel,
                             k * wheel->modulus + wheel->residues[line]);
        for (uint32_t i = line; i < line + BUCKET_LINES && status == NATIVE_OK; i++) {
            if (i > line)
                kernels->advance(starts, steps, primes + done, now,
                                 (wheel->residues[i] - wheel->residues[i - 1]) / 2u);
            if (buckets->room - used < now + 16) {
                size_t room = 2 * buckets->room;
                uint32_t *larger = realloc(buckets->multiples, room * sizeof *larger);
                if (larger == NULL) {
                    status = NATIVE_NO_MEMORY;
                    break;
                }
                buckets->multiples = larger;
                buckets->room = room;
            }
            used += kernels->collect_large(buckets->multiples + used, bits, starts, now);
            buckets->ends[bucket++] = used;
        }
    }
    free(starts);
    return status;
}

void buckets_cross_off(const buckets_t *buckets, const kernels_t *kernels, uint32_t line,
                       uint8_t *bytes)
{
    for (size_t row = 0; row < buckets->rows; row++) {
        size_t bucket = row * BUCKET_LINES + line % BUCKET_LINES;
        size_t begin = bucket == 0 ? 0 : buckets->ends[bucket - 1];
        kernels->cross_off_large(bytes, buckets->multiples + begin, buckets->ends[bucket] - begin);
    }
}

void buckets_clear(buckets_t *buckets)
{
    free(buckets->multiples);
    free(buckets->ends);
}
