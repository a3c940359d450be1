/*
 * names: the names of the rc scripts, in the order in which they start.
 *
 * A fixed pool and a fixed table: what does not fit is refused, counted, and
 * costs nobody else.  Order is by byte value, which is what a shell's glob does
 * in the C locale.
 */
#ifndef TINYINIT_NAMES_H
#define TINYINIT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NAMES_CAP = 1024,
	NAMES_POOL = 64 * 1024, /* 64 bytes a name on average; 255 is the longest */
};

struct names {
	uint32_t n;
	uint32_t used;    /* bytes of pool */
	uint32_t refused; /* names that did not fit */
	uint32_t at[NAMES_CAP];
	char pool[NAMES_POOL];
};

void names_init(struct names *names);

/*
 * Is this directory entry a script at all?  Hidden files, back-up copies,
 * documentation and what package managers leave beside a file are not.
 */
bool names_wanted(const char *name);

/* False, and counted as refused, if the table or the pool is full. */
bool names_add(struct names *names, const char *name);

void names_sort(struct names *names);

/* i < n; valid until the next names_init. */
const char *names_get(const struct names *names, uint32_t i);

#endif
