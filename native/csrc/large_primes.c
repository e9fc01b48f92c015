#include "large_primes.h"

#include <stdlib.h>

#define CHUNK 16384 /* primes: 192 KiB with their starts and steps */

int buckets_fill(buckets_t *buckets, const path_t *path, const wheel_t *wheel, uint64_t number,
                 uint32_t bits, const uint32_t *primes, size_t n)
{
    size_t used = 0, room = 0, bucket = 0;
    buckets->chunks = (n + CHUNK - 1) / CHUNK;
    buckets->lines = wheel->lines;
    buckets->ends = malloc(buckets->chunks * wheel->lines * sizeof *buckets->ends + 1);
    uint32_t *starts = malloc(2 * CHUNK * sizeof *starts), *steps = starts + CHUNK;
    int status = starts == NULL || buckets->ends == NULL ? NATIVE_NO_MEMORY : NATIVE_OK;
    for (size_t done = 0; done < n && status == NATIVE_OK; done += CHUNK) {
        size_t now = n - done < CHUNK ? n - done : CHUNK;
        path->find_starts(starts, steps, primes + done, now, wheel, number);
        for (uint32_t line = 0; line < wheel->lines; line++) {
            if (line > 0)
                path->advance(starts, steps, primes + done, now,
                              (wheel->residues[line] - wheel->residues[line - 1]) / 2u);
            if (room - used < now + 16) {
                room = 2 * room + (size_t)CHUNK * 16;
                uint32_t *larger = realloc(buckets->hits, room * sizeof *larger);
                if (larger == NULL) {
                    status = NATIVE_NO_MEMORY;
                    break;
                }
                buckets->hits = larger;
            }
            used += path->collect(buckets->hits + used, bits, starts, now);
            buckets->ends[bucket++] = used;
        }
    }
    free(starts);
    return status;
}

void buckets_strike(const buckets_t *buckets, const path_t *path, uint32_t line, uint8_t *bits)
{
    for (size_t chunk = 0; chunk < buckets->chunks; chunk++) {
        size_t bucket = chunk * buckets->lines + line;
        size_t begin = bucket == 0 ? 0 : buckets->ends[bucket - 1];
        path->strike_each(bits, buckets->hits + begin, buckets->ends[bucket] - begin);
    }
}

void buckets_clear(buckets_t *buckets)
{
    free(buckets->hits);
    free(buckets->ends);
}
