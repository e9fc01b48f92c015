#include "large_primes.h"

#include <stdlib.h>

#include "status.h"

#define ROW_PRIMES 16384 /* 192 KiB with their starts and steps */

int buckets_fill(buckets_t *buckets, const kernels_t *kernels, const wheel_t *wheel,
                 uint64_t number, uint32_t bits, const uint32_t *primes, size_t n)
{
    size_t used = 0, room = 0, bucket = 0;
    buckets->rows = (n + ROW_PRIMES - 1) / ROW_PRIMES;
    buckets->lines = wheel->lines;
    buckets->ends = malloc(buckets->rows * wheel->lines * sizeof *buckets->ends + 1);
    uint32_t *starts = malloc(2 * ROW_PRIMES * sizeof *starts), *steps = starts + ROW_PRIMES;
    int status = starts == NULL || buckets->ends == NULL ? NATIVE_NO_MEMORY : NATIVE_OK;
    for (size_t done = 0; done < n && status == NATIVE_OK; done += ROW_PRIMES) {
        size_t now = n - done < ROW_PRIMES ? n - done : ROW_PRIMES;
        kernels->find_starts(starts, steps, primes + done, now, wheel, number);
        for (uint32_t line = 0; line < wheel->lines; line++) {
            if (line > 0)
                kernels->advance(starts, steps, primes + done, now,
                                 (wheel->residues[line] - wheel->residues[line - 1]) / 2u);
            if (room - used < now + 16) {
                room = 2 * room + (size_t)ROW_PRIMES * 16;
                uint32_t *larger = realloc(buckets->multiples, room * sizeof *larger);
                if (larger == NULL) {
                    status = NATIVE_NO_MEMORY;
                    break;
                }
                buckets->multiples = larger;
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
        size_t bucket = row * buckets->lines + line;
        size_t begin = bucket == 0 ? 0 : buckets->ends[bucket - 1];
        kernels->cross_off_large(bytes, buckets->multiples + begin, buckets->ends[bucket] - begin);
    }
}

void buckets_clear(buckets_t *buckets)
{
    free(buckets->multiples);
    free(buckets->ends);
}
