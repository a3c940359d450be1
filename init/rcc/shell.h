/*
 * shell: the commands that a shell script calls, as far as they stand in it.
 *
 * A careful reader and no shell: it takes the first words of simple commands that
 * are plain text, and leaves out what is quoted, expanded, substituted, or
 * asked for first (`command -v x`, `[ -x /bin/x ]`).  Where it loses its way in
 * a script it finds nothing in it at all.
 */
#ifndef TINYINIT_RCC_SHELL_H
#define TINYINIT_RCC_SHELL_H

#include "script.h"

#include <stdbool.h>

struct shell {
	struct words commands; /* without built-ins and keywords */
	struct words functions;
	struct words sourced; /* files that `.` reads, where they are plain text */
	bool sources_more;    /* and others, or sets PATH: names may come from there */
	bool lost;
};

void shell_read(struct shell *shell, const char *text);

bool shell_has(const struct words *words, const char *text);

/* Does the script look whether this command is there? */
bool shell_asks_for(const char *text, const char *command);

#endif
