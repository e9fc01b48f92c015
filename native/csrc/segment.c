#include "segment.h"

#include <stdlib.h>
#include <string.h>

#include "large_primes.h"
#include "window.h"

/* A prime with more multiples than this in a segment is small: eight at a step pay for it. */
#define SMALL_MULTIPLES 24
/* A prime above 1 / SEGMENT_PART of a full segment crosses off the interval as a whole: a start for
 * each segment would cost more than the way to the second-level cache. */
#define SEGMENT_PART 2
/* Bits of an interval, and where all of it is held in memory. */
#define LONGEST (UINT32_C(1) << 30)
#define SHORTEST_HELD (UINT32_C(1) << 20)
#define LONGEST_HELD (UINT32_C(1) << 23)

/* The arrays run parallel to the primes; only those sieved by segment have the last four. */
typedef struct {
    uint32_t *steps;         /* how far a start moves back from residue r to r + 2 */
    uint32_t *starts;        /* first multiple in the line */
    uint32_t *segment_steps; /* how far a start moves back from a segment to the next */
    uint32_t *now;           /* first multiple in the segment */
    uint32_t *near_square;   /* first multiple in the segment, after the skip */
    uint32_t *skips;         /* from there to around its square, in the segment that holds that */
    size_t *limits;          /* [j]: the primes whose squares lie below segment j */
    size_t small;            /* primes below this index are small */
    size_t by_segment;       /* primes below this index cross off one segment after the other */
    size_t count;            /* primes below this index are small or medium */
    size_t large;            /* how many are behind them */
    buckets_t buckets;       /* of those, for some of the lines */
    uint32_t segments, segment_bits;
    uint8_t *memory; /* holds `line`, with room on both sides for what is set beyond its ends */
    uint8_t *line;   /* the interval in this line, where it is held; else the segment */
} state_t;

uint32_t segment_interval_bits(const context_t *context, uint64_t largest)
{
    if (largest < context->segment_bits / SEGMENT_PART)
        return LONGEST;
    if (largest >= LONGEST_HELD / 2)
        return LONGEST_HELD;
    return largest < SHORTEST_HELD / 2 ? SHORTEST_HELD : (uint32_t)largest / 256 * 512;
}

uint64_t segment_begin(const context_t *context, prime_list_t list, uint64_t last)
{
    uint64_t end = context->kernels->presieve_below;
    size_t used = last > 0 ? count_below(list.primes, list.count, square_root(last - 1) + 1) : 0;
    if (used > 0 && list.primes[used - 1] >= end)
        end = (uint64_t)list.primes[used - 1] + 1;
    return end < last ? end : last;
}

static void find_starts(const segment_run_t *run, const uint32_t *primes, state_t *state)
{
    const wheel_t *wheel = &run->context->wheels[run->wheel];
    uint64_t number = run->k * wheel->modulus + 1; /* bit 0 of the first line */
    run->context->kernels->find_starts(state->starts, state->steps, primes, state->count, wheel,
                                       number);
    for (size_t i = 0; i < state->by_segment; i++)
        state->segment_steps[i] = state->segment_bits % primes[i];
    uint64_t begin = number - 1, length = (uint64_t)state->segment_bits * wheel->modulus;
    for (uint32_t j = 0; j <= state->segments; j++, begin += length) {
        size_t limit = begin == 0 ? 0
            : count_below(primes, state->by_segment, square_root(begin - 1) + 1);
        state->limits[j] = limit;
        for (size_t i = j == 0 ? limit : state->limits[j - 1]; i < limit; i++) {
            /* One period less, and the multiple would be below the square in every line. */
            uint64_t p = primes[i], periods = (p * p + length - begin) / (wheel->modulus * p);
            state->skips[i] = (uint32_t)(periods * p);
        }
    }
}

static int prepare(const segment_run_t *run, const uint32_t *primes, size_t count, state_t *state)
{
    uint32_t most = run->context->segment_bits;
    state->segments = (run->bits + most - 1) / most;
    state->segment_bits = ((run->bits + state->segments - 1) / state->segments + 511) / 512 * 512;
    state->small = count_below(primes, count, state->segment_bits / SMALL_MULTIPLES);
    uint32_t part = most / SEGMENT_PART;
    state->by_segment = count_below(primes, count,
                                    part < state->segment_bits ? part : state->segment_bits);
    uint32_t held = state->segment_bits; /* bits of the line in memory */
    if (state->by_segment < count)
        held *= state->segments;
    state->count = count_below(primes, count, held);
    state->large = count - state->count;
    count = state->count;
    /* Bytes: the largest small prime at least, as cross_off_small asks for. */
    size_t room = (state->segment_bits / SMALL_MULTIPLES + 64) / 64 * 64;
    state->memory = malloc(64 + 3 * room + held / 8 + 64);
    state->steps = malloc(sizeof(uint32_t) * (2 * count + 4 * state->by_segment + 1));
    state->limits = malloc(sizeof(size_t) * (state->segments + 1));
    if (state->memory == NULL || state->steps == NULL || state->limits == NULL)
        return NATIVE_NO_MEMORY;
    state->line = (uint8_t *)(((uintptr_t)state->memory + 63) / 64 * 64) + room;
    state->starts = state->steps + count;
    state->segment_steps = state->starts + count;
    state->now = state->segment_steps + state->by_segment;
    state->skips = state->now + state->by_segment;
    state->near_square = state->skips + state->by_segment;
    find_starts(run, primes, state);
    return NATIVE_OK;
}

/* `number` is that of bit 0. */
static void copy_patterns(const segment_run_t *run, uint64_t number, uint8_t *segment,
                          uint32_t bytes, int store)
{
    const presieve_t *presieve = &run->context->presieves[run->wheel];
    const uint8_t *sources[PRESIEVE_MOST_PATTERNS];
    uint32_t entries[PRESIEVE_MOST_PATTERNS];
    for (size_t i = 0; i < presieve->count; i++)
        entries[i] = pattern_entry(&presieve->patterns[i], number);
    for (uint32_t done = 0; done < bytes; done += PATTERN_OVERLAP) {
        uint32_t now = bytes - done < PATTERN_OVERLAP ? bytes - done : PATTERN_OVERLAP;
        for (size_t i = 0; i < presieve->count; i++) {
            const pattern_t *pattern = &presieve->patterns[i];
            uint32_t next = entries[i] + pattern->overlap_step;
            sources[i] = pattern->bytes + entries[i];
            entries[i] = next - (next >= pattern->period ? pattern->period : 0);
        }
        run->context->kernels->combine(segment + done, sources, presieve->count, now, store);
    }
}

/* Crosses off in segment j the multiples of the primes that do not exceed it. Below its square a
 * prime crosses off only multiples of smaller primes: it is left out where the square lies behind
 * the segment, and begins near the square where that lies in it. */
static void cross_off(const kernels_t *kernels, state_t *state, uint32_t j, uint8_t *segment,
                      const uint32_t *primes)
{
    uint32_t *now = state->now, bits = state->segment_bits;
    size_t small = state->small, begin = state->limits[j], end = state->limits[j + 1];
    size_t from_start = begin < small ? begin : small, from_square = end < small ? end : small;
    kernels->cross_off_small(segment, bits, now, primes, from_start);
    if (end > small)
        kernels->cross_off_medium(segment, bits, now + small, primes + small, end - small);
    for (size_t i = from_start; i < from_square; i++)
        state->near_square[i - from_start] = now[i] + state->skips[i];
    kernels->cross_off_small(segment, bits, state->near_square, primes + from_start,
                             from_square - from_start);
}

static void sieve_line(const segment_run_t *run, const uint32_t *primes, state_t *state,
                       uint32_t line)
{
    const kernels_t *kernels = run->context->kernels;
    const wheel_t *wheel = &run->context->wheels[run->wheel];
    uint32_t segment_bits = state->segment_bits;
    int whole = state->by_segment < state->count || state->large > 0;
    if (whole) {
        uint32_t bits = state->segments * segment_bits;
        if (run->load == NULL)
            memset(state->line, 0, bits / 8);
        for (uint32_t from = 0; run->load != NULL && from < run->bits; from += segment_bits)
            run->load(run->argument, line, from, run->bits - from < segment_bits
                      ? run->bits - from : segment_bits, state->line + from / 8);
        kernels->cross_off_medium(state->line, bits, state->starts + state->by_segment,
                                  primes + state->by_segment,
                                  state->count - state->by_segment);
        buckets_cross_off(&state->buckets, kernels, line, state->line);
    }
    uint32_t *now = state->now;
    memcpy(now, state->starts, state->by_segment * sizeof *now);
    for (uint32_t j = 0; j < state->segments; j++) {
        uint32_t from = j * segment_bits;
        uint32_t bits = run->bits - from < segment_bits ? run->bits - from : segment_bits;
        uint8_t *segment = state->line + (whole ? from / 8 : 0);
        int empty = !whole;
        if (!whole && run->load != NULL) {
            run->load(run->argument, line, from, bits, segment);
            empty = 0;
        }
        if (run->presieve)
            copy_patterns(run, (run->k + from) * wheel->modulus + wheel->residues[line], segment,
                          segment_bits / 8, empty);
        else if (empty)
            memset(segment, 0, segment_bits / 8);
        cross_off(kernels, state, j, segment, primes);
        run->take(run->argument, line, from, bits, segment);
        if (j + 1 < state->segments)
            kernels->advance(now, state->segment_steps, primes, state->by_segment, 1);
    }
}

int segment_run(const segment_run_t *run)
{
    const wheel_t *wheel = &run->context->wheels[run->wheel];
    uint32_t least = run->presieve ? run->context->kernels->presieve_below : wheel->residues[1];
    size_t skipped = count_below(run->primes.primes, run->primes.count, least);
    const uint32_t *primes = run->primes.primes + skipped;
    state_t state = {0};
    if (run->bits == 0)
        return NATIVE_OK;
    int status = prepare(run, primes, run->primes.count - skipped, &state);
    for (uint32_t line = 0; line < wheel->lines && status == NATIVE_OK; line++) {
        if (line > 0)
            run->context->kernels->advance(state.starts, state.steps, primes, state.count,
                                           (wheel->residues[line] - wheel->residues[line - 1])
                                               / 2u);
        if (state.large > 0 && line % BUCKET_LINES == 0)
            status = buckets_fill(&state.buckets, run->context->kernels, wheel, run->k, line,
                                  state.segments * state.segment_bits, primes + state.count,
                                  state.large);
        if (status == NATIVE_OK)
            sieve_line(run, primes, &state, line);
    }
    free(state.buckets.multiples);
    free(state.memory);
    free(state.limits);
    free(state.steps);
    return status;
}
