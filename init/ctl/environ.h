/*
 * environ: the environment that a service gets.
 *
 * Starts as a copy of this process's own; a later value of a name replaces an
 * earlier one.  Nothing is ever freed: the process is about to become another.
 */
#ifndef TINYINIT_ENVIRON_H
#define TINYINIT_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

struct environ {
	char **list; /* ends with NULL */
	size_t n;
	size_t cap;
};

void environ_copy(struct environ *env, char *const *from);

/* "NAME=VALUE", which is kept, not copied.  False: that has no name. */
bool environ_set(struct environ *env, char *pair);

const char *environ_get(const struct environ *env, const char *name);

/* What was wrong with a file: errno, or a line and what it is. */
struct environ_fault {
	int err;
	size_t line;
	const char *fact;
};

/*
 * Take in a file of lines NAME=VALUE.  Blank lines and those that begin with #
 * are skipped, `export ` in front is allowed.  Quotes are the shell's: '..' as
 * it is, ".." with \" \\ \$ \` inside, \ before one character outside; an
 * unquoted value may hold blanks and ends before a blank and #.  Nothing is
 * expanded.  A line that is none of this is a fault; then *env has changed.
 */
bool environ_read(struct environ *env, const char *path, struct environ_fault *fault);

#endif
