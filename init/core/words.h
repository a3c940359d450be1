/*
 * words: what the kernel's command line and PID 1's arguments ask for.
 *
 * Which words mean what stands in words.c, once.  Words that are not ours are
 * left to others without a word; an unknown "tinyinit." word is ours and wrong,
 * and is reported.  A value that cannot be understood leaves the default.
 */
#ifndef TINYINIT_WORDS_H
#define TINYINIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	WORDS_NAME = 256, /* bytes of a service's name with its terminator */
};

struct words {
	uint32_t patience_ms;         /* how long one script holds up the next */
	uint32_t start_timeout_ms;    /* how long a script's start may take */
	uint32_t shutdown_timeout_ms; /* the whole way down */
	uint32_t parallel;            /* one-shots at a time; 0: no limit */
	char goal[WORDS_NAME];        /* the service to start; empty: all */
	bool rescue;
	bool quiet;
	bool debug;
};

enum words_result {
	WORDS_TAKEN,
	WORDS_NOT_OURS,
	WORDS_UNKNOWN,   /* begins with "tinyinit." and means nothing */
	WORDS_BAD_VALUE, /* known, but its value is no number in range */
};

void words_init(struct words *w);

/*
 * Take one word of len bytes.  boot_arg: it came as an argument of PID 1; only
 * there do words as short as "s" or "1" count, for there the kernel has already
 * taken out those that were meant for itself (Documentation/admin-guide/
 * kernel-parameters.rst).
 */
enum words_result words_take(struct words *w, const char *word, size_t len, bool boot_arg);

/*
 * The next word of a command line at *line: sets *word, returns its length and
 * moves *line behind it; 0 at the end.  Blanks inside double quotes do not
 * part words, as for the kernel (lib/cmdline.c, next_arg); quotes around a
 * whole word are not part of it.
 */
size_t words_next(const char **line, const char **word);

#endif
