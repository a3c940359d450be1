/*
 * tool: what the parts of tinyctl share: messages, numbers, joined text.
 *
 * A message is one line and one write(2), so that lines of services that start
 * at the same time do not mix.  There is no printf in this program.
 */
#ifndef TINYINIT_TOOL_H
#define TINYINIT_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOOL_FAILED = 1,
	TOOL_USAGE = 2,
};

/* "tinyinit: PLACE: PARTS" on stderr, each part a string. */
#define say(place, ...) say_parts(place, (const char *const[]){ __VA_ARGS__, NULL })
void say_parts(const char *place, const char *const *parts);

/* A number in decimal, in a buffer of its own until the 4th call after it. */
const char *tool_decimal(uint64_t value);

/*
 * The whole of s as an unsigned number of that base, at most max.  Refuses
 * signs, blanks and nothing at all.
 */
bool tool_number(const char *s, unsigned base, uint64_t max, uint64_t *value);

/* The same in decimal, with a sign. */
bool tool_signed(const char *s, int min, int max, int *value);

/* The parts in one string from malloc(3); out of memory ends the program. */
#define tool_join(...) tool_join_parts((const char *const[]){ __VA_ARGS__, NULL })
char *tool_join_parts(const char *const *parts);

/* malloc(3) of n zeroed things; out of memory ends the program. */
void *tool_zeroed(size_t n, size_t size);

/* now on CLOCK_BOOTTIME */
uint64_t tool_now_ms(void);

/* Sleep; for what has no event (sockets' tables, processes of others). */
void tool_pause_ms(uint32_t ms);

/* Can this be the name of a service, and so of a folder? */
bool tool_is_name(const char *name);

#endif
