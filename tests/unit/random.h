/*
 * random: numbers that look random and come again with the same seed.
 *
 * A test that fails prints its seed; SIM_SEED=N runs that one alone.
 */
#ifndef TINYINIT_TEST_RANDOM_H
#define TINYINIT_TEST_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* splitmix64: also seeds as alike as 1 and 2 lead to unlike sequences. */
static inline void random_seed(struct random *r, uint64_t seed)
{
	uint64_t z = seed + 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	z ^= z >> 31;
	r->state = z ? z : 1; /* xorshift never leaves 0 */
}

/* xorshift64* */
static inline uint64_t random_next(struct random *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 0x2545f4914f6cdd1d;
}

/* 0 .. n - 1; the bias is far below what a test could notice. */
static inline uint32_t random_below(struct random *r, uint32_t n)
{
	return (uint32_t)((random_next(r) >> 32) % n);
}

static inline bool random_chance(struct random *r, uint32_t percent)
{
	return random_below(r, 100) < percent;
}

#endif
