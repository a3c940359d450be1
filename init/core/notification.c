#include "notification.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
	PID_LIMIT = 1 << 22, /* PID_MAX_LIMIT of the kernel's include/linux/threads.h */
	ERR_LIMIT = 4095,    /* MAX_ERRNO of its include/linux/err.h */
};

/* In the order of the bits; with the value where only one is good. */
static const char keys[] = "READY=1\0"
			   "RELOADING=1\0"
			   "STOPPING=1\0"
			   "BARRIER=1\0"
			   "WATCHDOG=1\0"
			   "WATCHDOG=trigger\0"
			   "STATUS=\0"
			   "MAINPID=\0"
			   "ERRNO=\0"
			   "WATCHDOG_USEC=\0"
			   "EXTEND_TIMEOUT_USEC=\0";

static bool number(const char *s, uint32_t len, uint64_t *out)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < len; i++) {
		uint32_t digit = (uint32_t)(unsigned char)s[i] - '0';

		if (digit > 9 || n > UINT64_MAX / 10 || n * 10 > UINT64_MAX - digit)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return len != 0;
}

/* Is it a value of that key?  Then it is kept. */
static bool take(struct notification *n, uint32_t bit, const char *value, uint32_t len)
{
	uint64_t x;

	if (bit < NOTIFICATION_STATUS)
		return len == 0;
	if (bit == NOTIFICATION_STATUS) {
		n->status = value;
		n->status_len = len;
		return true;
	}
	if (!number(value, len, &x))
		return false;
	if (bit == NOTIFICATION_WATCHDOG_USEC) {
		n->watchdog_usec = x;
	} else if (bit == NOTIFICATION_EXTEND_USEC) {
		n->extend_usec = x;
	} else if (bit == NOTIFICATION_ERRNO) {
		if (x > ERR_LIMIT)
			return false;
		n->err = (int32_t)x;
	} else {
		if (x < 1 || x > PID_LIMIT)
			return false;
		n->main_pid = (int32_t)x;
	}
	return true;
}

static void take_line(struct notification *n, const char *line, uint32_t len)
{
	uint32_t bit = 1;
	size_t head;

	for (const char *key = keys; *key; key += head + 1) {
		head = strlen(key);
		if (len >= head && memcmp(line, key, head) == 0 &&
		    take(n, bit, line + head, len - (uint32_t)head))
			n->set |= bit;
		bit <<= 1;
	}
}

void notification_parse(struct notification *n, const char *data, uint32_t len)
{
	uint32_t begin = 0;

	memset(n, 0, sizeof(*n));
	for (uint32_t i = 0; i <= len; i++) {
		if (i < len && data[i] != '\n')
			continue;
		take_line(n, data + begin, i - begin);
		begin = i + 1;
	}
}
