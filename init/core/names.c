#include "names.h"

#include <string.h>

void names_init(struct names *names)
{
	names->n = 0;
	names->used = 0;
	names->refused = 0;
}

static bool ends_in(const char *name, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && memcmp(name + len - n, end, n) == 0;
}

bool names_wanted(const char *name)
{
	static const char *const ends[] = {
		"~",         ".bak",       ".orig",    ".rej",    ".swp",     ".dpkg-old",
		".dpkg-new", ".dpkg-dist", ".rpmsave", ".rpmnew", ".ipk-old", ".md",
	};
	size_t len = strlen(name);

	if (len == 0 || name[0] == '.' || name[0] == '#')
		return false;
	if (len >= 6 && memcmp(name, "README", 6) == 0)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_in(name, len, ends[i]))
			return false;
	return true;
}

bool names_add(struct names *names, const char *name)
{
	size_t size = strlen(name) + 1;

	if (names->n == NAMES_CAP || size > NAMES_POOL - names->used) {
		names->refused++;
		return false;
	}
	memcpy(names->pool + names->used, name, size);
	names->at[names->n++] = names->used;
	names->used += (uint32_t)size;
	return true;
}

static bool before(const struct names *names, uint32_t a, uint32_t b)
{
	const unsigned char *x = (const unsigned char *)names->pool + a;
	const unsigned char *y = (const unsigned char *)names->pool + b;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return *x < *y;
}

/* Let the entry at i sink to its place in the heap of the first n. */
static void sink(struct names *names, uint32_t i, uint32_t n)
{
	uint32_t entry = names->at[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && before(names, names->at[child], names->at[child + 1]))
			child++;
		if (!before(names, entry, names->at[child]))
			break;
		names->at[i] = names->at[child];
		i = child;
	}
	names->at[i] = entry;
}

/* Heapsort: no recursion, no scratch memory, no bad case for a hostile disk. */
void names_sort(struct names *names)
{
	for (uint32_t i = names->n / 2; i > 0; i--)
		sink(names, i - 1, names->n);
	for (uint32_t n = names->n; n > 1; n--) {
		uint32_t top = names->at[0];

		names->at[0] = names->at[n - 1];
		names->at[n - 1] = top;
		sink(names, 0, n - 1);
	}
}

const char *names_get(const struct names *names, uint32_t i)
{
	return names->pool + names->at[i];
}
