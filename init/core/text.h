/*
 * text: build one line of text in a buffer of fixed size.
 *
 * The buffer belongs to the caller.  It is always terminated, never overrun:
 * what does not fit is cut, and text_end() makes the cut visible.  There is no
 * format string, so no message can be built wrong at run time.
 */
#ifndef TINYINIT_TEXT_H
#define TINYINIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t cap; /* bytes of buf, terminator included; at least 8 */
	size_t len; /* bytes written, terminator not counted */
	bool cut;   /* something did not fit */
};

void text_init(struct text *t, char *buf, size_t cap);
void text_str(struct text *t, const char *s);
void text_uint(struct text *t, uint64_t n);
void text_int(struct text *t, int64_t n);

/*
 * A string from outside (a file's name, a kernel word): bytes that could move
 * the cursor or break the line appear as '?'.  At most max bytes are read.
 */
void text_safe(struct text *t, const char *s, size_t max);

/* "950 ms" below ten seconds, "5 s" where it is whole ones, "12 s" from ten on. */
void text_duration(struct text *t, uint64_t ms);

/* End the line: a newline, and "..." before it if something was cut. */
void text_end(struct text *t);

/* "ENOENT", "errno 75": the name of Linux's error n (errno(3)). */
void text_error(struct text *t, int n);

/* "SIGSEGV", "signal 40": the name of Linux's signal n (signal(7)). */
void text_signal(struct text *t, int n);

#endif
