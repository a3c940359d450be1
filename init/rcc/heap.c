#include "heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One malloc each, chained: the sanitizer then sees every overrun. */
struct block {
	struct block *next;
	max_align_t data[];
};

static struct block *blocks;

void *heap_take(size_t bytes)
{
	struct block *block = NULL;

	if (bytes < SIZE_MAX / 2)
		block = calloc(1, sizeof(*block) + bytes);
	if (!block) {
		(void)fputs("rcc: out of memory\n", stderr);
		exit(3);
	}
	block->next = blocks;
	blocks = block;
	return block->data;
}

char *heap_copy(const char *text, size_t n)
{
	char *copy = heap_take(n + 1);

	memcpy(copy, text, n);
	return copy;
}

char *heap_print(const char *format, ...)
{
	va_list args;
	va_list again;
	char *text;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = heap_take(n < 0 ? 1 : (size_t)n + 1);
	if (n > 0)
		(void)vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	return text;
}

void *heap_grow(void *array, uint32_t n, size_t entry_bytes)
{
	void *larger;

	if (n & (n - 1))
		return array;
	larger = heap_take((n ? 2 * (size_t)n : 1) * entry_bytes);
	if (n)
		memcpy(larger, array, n * entry_bytes);
	return larger;
}

void heap_drop(void)
{
	while (blocks) {
		struct block *block = blocks;

		blocks = block->next;
		free(block);
	}
}
