#include "segment.h"

#include <stdlib.h>
#include <string.h>

#include "large_primes.h"
#include "window.h"

#define OFTEN 24 /* strikes in a piece, from which on eight at a step pay */
#define LONGEST_LINE (UINT32_C(1) << 23)  /* bits: 1 MiB, with primes beyond a piece */
#define FULL_LINE (UINT32_C(1) << 30)     /* without those, where nothing holds a whole line */

/* The arrays run parallel to the primes; only those within a piece have the last two. */
typedef struct {
    uint32_t *steps;       /* how far a start moves back from residue r to r + 2 */
    uint32_t *starts;      /* first strike in the line */
    uint32_t *piece_steps; /* how far a start moves back from a piece to the next */
    uint32_t *now;         /* first strike in the piece */
    uint32_t *near_square; /* first strike in the piece, after the skip */
    uint32_t *skips;       /* from there to around its square, in the piece that holds that */
    size_t *limits;        /* [j]: the primes whose squares lie below piece j */
    size_t often, within, count; /* primes below these indices: see engine.h */
    buckets_t buckets;     /* of the primes behind those */
    uint32_t pieces, piece_bits;
    uint8_t *scratch; /* `line` is in it, with room on both sides for strikes beyond the ends */
    uint8_t *line;
} state_t;

uint32_t engine_line_bits(const kernel_t *kernel, uint64_t largest)
{
    return largest < kernel->piece_bits / 2 ? FULL_LINE : LONGEST_LINE;
}

static size_t first_from(const uint32_t *primes, size_t count, uint64_t bound)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (primes[middle] < bound)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void find_starts(const engine_run_t *run, const uint32_t *primes, state_t *state)
{
    const wheel_t *wheel = &run->kernel->wheels[run->wheel];
    uint64_t number = run->k * wheel->modulus + 1; /* bit 0 of the first line */
    size_t small = first_from(primes, state->count, 1 << 12);
    run->kernel->path->find_starts(state->starts + small, state->steps + small, primes + small,
                                   state->count - small, wheel, number);
    for (size_t i = 0; i < small; i++) {
        uint64_t p = primes[i], inverse = wheel_inverse_modulo(wheel, p);
        state->starts[i] = (uint32_t)((p - number % p) * inverse % p);
        state->steps[i] = (uint32_t)(2 * inverse % p);
    }
    for (size_t i = 0; i < state->within; i++)
        state->piece_steps[i] = state->piece_bits % primes[i];
    for (uint32_t j = 0; j <= state->pieces; j++) {
        uint64_t begin = number - 1 + (uint64_t)j * state->piece_bits * wheel->modulus;
        state->limits[j] = begin == 0 ? 0
            : first_from(primes, state->within, square_root(begin - 1) + 1);
    }
    for (uint32_t j = 0; j < state->pieces; j++) {
        uint64_t begin = number - 1 + (uint64_t)j * state->piece_bits * wheel->modulus;
        for (size_t i = state->limits[j]; i < state->limits[j + 1]; i++) {
            /* One period less, and the strike would be below the square in every line. */
            uint64_t p = primes[i], periods = (p * p - begin) / (wheel->modulus * p);
            state->skips[i] = (uint32_t)(periods * p);
        }
    }
}

static int prepare(const engine_run_t *run, const uint32_t *primes, size_t count, state_t *state)
{
    uint32_t most = run->kernel->piece_bits;
    state->pieces = (run->bits + most - 1) / most;
    state->piece_bits = ((run->bits + state->pieces - 1) / state->pieces + 511) / 512 * 512;
    state->often = first_from(primes, count, state->piece_bits / OFTEN);
    state->within = first_from(primes, count, state->piece_bits);
    uint32_t held = state->piece_bits; /* bits of the line in memory */
    if (state->within < count)
        held *= state->pieces;
    state->count = first_from(primes, count, held);
    uint64_t number = run->k * run->kernel->wheels[run->wheel].modulus + 1;
    if (state->count < count
        && buckets_fill(&state->buckets, run->kernel->path, &run->kernel->wheels[run->wheel],
                        number, held, primes + state->count, count - state->count) != NATIVE_OK)
        return NATIVE_NO_MEMORY;
    count = state->count;
    size_t room = state->piece_bits / OFTEN + 64; /* bytes: the largest prime that strikes often */
    room = room / 64 * 64;
    state->scratch = malloc(64 + 3 * room + held / 8 + 64);
    state->steps = malloc(sizeof(uint32_t) * (2 * count + 4 * state->within + 1));
    state->limits = malloc(sizeof(size_t) * (state->pieces + 1));
    if (state->scratch == NULL || state->steps == NULL || state->limits == NULL)
        return NATIVE_NO_MEMORY;
    state->line = (uint8_t *)(((uintptr_t)state->scratch + 63) / 64 * 64) + room;
    state->starts = state->steps + count;
    state->piece_steps = state->starts + count;
    state->now = state->piece_steps + state->within;
    state->skips = state->now + state->within;
    state->near_square = state->skips + state->within;
    find_starts(run, primes, state);
    return NATIVE_OK;
}

static void copy_patterns(const engine_run_t *run, uint64_t k, uint32_t residue, uint8_t *piece,
                          uint32_t bytes, int store)
{
    const patterns_t *patterns = &run->kernel->patterns[run->wheel];
    const uint8_t *sources[PATTERNS_MOST];
    uint32_t entries[PATTERNS_MOST];
    for (size_t i = 0; i < patterns->count; i++)
        entries[i] = pattern_entry(&patterns->groups[i], k, residue);
    for (uint32_t done = 0; done < bytes; done += PATTERN_CHUNK) {
        uint32_t now = bytes - done < PATTERN_CHUNK ? bytes - done : PATTERN_CHUNK;
        for (size_t i = 0; i < patterns->count; i++) {
            const pattern_t *group = &patterns->groups[i];
            sources[i] = group->bytes + entries[i];
            for (entries[i] += now; entries[i] >= group->period;)
                entries[i] -= group->period;
        }
        run->kernel->path->combine(piece + done, sources, patterns->count, now, store);
    }
}

/* Strikes piece j with the primes that are smaller than it. Below its square a prime strikes only
 * what smaller ones do: it is left out where that lies behind, and begins near it where it can. */
static void strike_piece(const path_t *path, state_t *state, uint32_t j, uint8_t *piece,
                         const uint32_t *primes)
{
    uint32_t *now = state->now, bits = state->piece_bits;
    size_t often = state->often, begin = state->limits[j], end = state->limits[j + 1];
    size_t from_start = begin < often ? begin : often, from_square = end < often ? end : often;
    path->often(piece, bits, now, primes, from_start);
    if (end > often)
        path->sometimes(piece, bits, now + often, primes + often, end - often);
    for (size_t i = from_start; i < from_square; i++)
        state->near_square[i - from_start] = now[i] + state->skips[i];
    path->often(piece, bits, state->near_square, primes + from_start, from_square - from_start);
}

static void sieve_line(const engine_run_t *run, const uint32_t *primes, state_t *state,
                       uint32_t line)
{
    const path_t *path = run->kernel->path;
    uint32_t piece_bits = state->piece_bits;
    int whole = state->within < state->count || state->buckets.chunks > 0;
    if (whole) {
        uint32_t bits = state->pieces * piece_bits;
        if (run->load == NULL)
            memset(state->line, 0, bits / 8);
        for (uint32_t from = 0; run->load != NULL && from < run->bits; from += piece_bits)
            run->load(run->context, line, from, run->bits - from < piece_bits
                      ? run->bits - from : piece_bits, state->line + from / 8);
        path->sometimes(state->line, bits, state->starts + state->within,
                        primes + state->within, state->count - state->within);
        buckets_strike(&state->buckets, path, line, state->line);
    }
    uint32_t *now = state->now;
    memcpy(now, state->starts, state->within * sizeof *now);
    for (uint32_t j = 0; j < state->pieces; j++) {
        uint32_t from = j * piece_bits;
        uint32_t bits = run->bits - from < piece_bits ? run->bits - from : piece_bits;
        uint8_t *piece = state->line + (whole ? from / 8 : 0);
        int empty = !whole;
        if (!whole && run->load != NULL) {
            run->load(run->context, line, from, bits, piece);
            empty = 0;
        }
        if (run->patterns)
            copy_patterns(run, run->k + from, run->kernel->wheels[run->wheel].residues[line],
                          piece, piece_bits / 8, empty);
        else if (empty)
            memset(piece, 0, piece_bits / 8);
        strike_piece(path, state, j, piece, primes);
        run->take(run->context, line, from, bits, piece);
        if (j + 1 < state->pieces)
            path->advance(now, state->piece_steps, primes, state->within, 1);
    }
}

int engine_run(const engine_run_t *run)
{
    const wheel_t *wheel = &run->kernel->wheels[run->wheel];
    uint32_t least = run->patterns ? run->kernel->patterns[run->wheel].below : wheel->next_prime;
    size_t skipped = first_from(run->primes, run->count, least);
    const uint32_t *primes = run->primes + skipped;
    state_t state = {0};
    if (run->bits == 0)
        return NATIVE_OK;
    int status = prepare(run, primes, run->count - skipped, &state);
    for (uint32_t line = 0; line < wheel->lines && status == NATIVE_OK; line++) {
        if (line > 0)
            run->kernel->path->advance(state.starts, state.steps, primes, state.count,
                                       (wheel->residues[line] - wheel->residues[line - 1]) / 2u);
        sieve_line(run, primes, &state, line);
    }
    buckets_clear(&state.buckets);
    free(state.scratch);
    free(state.limits);
    free(state.steps);
    return status;
}
