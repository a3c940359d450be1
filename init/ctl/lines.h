/*
 * lines: the lines of a file of /proc, one after the other.
 */
#ifndef TINYINIT_LINES_H
#define TINYINIT_LINES_H

#include <stdbool.h>

/*
 * Give each line, without its newline, to found() until that says true.  What is
 * over 4 KiB of a line is cut off.  1: found; 0: not; -1 and errno: the file
 * could not be read.
 */
int lines_find(const char *path, bool (*found)(const char *line, void *arg), void *arg);

/* Skip n words and the blanks behind each. */
const char *lines_word(const char *line, int n);

#endif
