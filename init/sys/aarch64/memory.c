/*
 * Small ones in the place of the C library's, which on some architectures are
 * unrolled for speed that PID 1 has no use for, and take a kilobyte.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	uint8_t *out = to;
	const uint8_t *in = from;

	while (n--)
		*out++ = *in++;
	return to;
}

void *memset(void *to, int value, size_t n)
{
	uint8_t *out = to;

	while (n--)
		*out++ = (uint8_t)value;
	return to;
}
