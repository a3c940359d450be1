#include "near.h"

#include "heap.h"

#include <stddef.h>
#include <string.h>

enum {
	LONGEST = 64
};

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned low = a < b ? a : b;

	return low < c ? low : c;
}

/* Insertions, deletions, changes and swaps of neighbours that part a and b. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][LONGEST + 1];
	unsigned *before = rows[0];
	unsigned *last = rows[1];
	unsigned *row = rows[2];

	for (size_t k = 0; k <= m; k++)
		last[k] = (unsigned)k;
	for (size_t i = 1; i <= n; i++) {
		unsigned *free_row = before;

		row[0] = (unsigned)i;
		for (size_t k = 1; k <= m; k++) {
			row[k] = least(last[k] + 1, row[k - 1] + 1,
				       last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    before[k - 2] + 1 < row[k])
				row[k] = before[k - 2] + 1;
		}
		before = last;
		last = row;
		row = free_row;
	}
	return last[m];
}

void near_init(struct near *near, const char *wrong)
{
	size_t n = strlen(wrong);

	near->wrong = wrong;
	near->best = NULL;
	near->distance = n < 5 ? 2 : n < 9 ? 3 : 4; /* one less is still near */
}

void near_try(struct near *near, const char *known)
{
	size_t n = strlen(near->wrong);
	size_t m = strlen(known);
	unsigned d;

	if (n == 0 || n > LONGEST || m > LONGEST)
		return;
	d = distance(near->wrong, n, known, m);
	if (d < near->distance && d < m) {
		near->distance = d;
		near->best = known;
	}
}

const char *near_text(const struct near *near)
{
	return near->best ? heap_print(" (did you mean \"%s\"?)", near->best) : "";
}

const char *near_of(const char *wrong, const char *const *known)
{
	struct near near;

	near_init(&near, wrong);
	for (; *known; known++)
		near_try(&near, *known);
	return near_text(&near);
}
