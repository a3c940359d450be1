/*
 * report: what rcc says, one line a fact on stderr.
 *
 *	rcc: rc/net:7:4: unknown key "reqire" (did you mean "require"?)
 *
 * A line never holds a byte that could move the cursor, and is never printed
 * twice (a template is read once for each of its instances).
 */
#ifndef TINYINIT_RCC_REPORT_H
#define TINYINIT_RCC_REPORT_H

#include <stdbool.h>
#include <stdint.h>

enum report_kind {
	REPORT_ERROR,
	REPORT_WARNING,
};

/* Begin anew: nothing counted.  mute: count only. */
void report_init(bool mute);

/* line and column 0: none.  The text is not copied. */
void report_line(enum report_kind kind, const char *file, uint32_t line, uint32_t column,
		 const char *text);

/* How many different errors there were. */
uint32_t report_errors(void);

/* The text with every byte that is not printable ASCII as \xNN, cut at max. */
char *report_escape(const char *text, uint32_t max);

#endif
