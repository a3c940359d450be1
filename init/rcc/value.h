/*
 * value: numbers, durations and sizes as headers write them.
 *
 * All of the text has to be the value; false: it is none, or out of range.
 */
#ifndef TINYINIT_RCC_VALUE_H
#define TINYINIT_RCC_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits, 0 to max. */
bool value_number(const char *text, uint64_t max, uint64_t *value);

bool value_signed(const char *text, int64_t min, int64_t max, int64_t *value);

/* "500ms", "10s", "2m", "1h", or a bare number of seconds. */
bool value_duration(const char *text, uint32_t *ms);

/* "4096", "64K", "32M", "1G": powers of 1024. */
bool value_size(const char *text, uint64_t *bytes);

#endif
