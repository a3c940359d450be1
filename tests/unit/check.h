/*
 * check: cmocka with what its header wants to see first, and small helpers that
 * more than one test program needs.
 */
#ifndef TINYINIT_TEST_CHECK_H
#define TINYINIT_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A buffer of exactly the size, so that the sanitizer sees one byte too many. */
static inline char *exactly(size_t size)
{
	char *buf = malloc(size);

	assert_non_null(buf);
	memset(buf, 0x55, size);
	return buf;
}

/* Nothing in s could move a cursor, ring a bell or break the line. */
static inline void assert_printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s >= 0x7f)
			fail_msg("byte 0x%02x in a message", (unsigned char)*s);
}

#endif
