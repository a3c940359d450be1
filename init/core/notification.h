/*
 * notification: one message of a service to sd_notify's socket (sd_notify(3)).
 *
 * Lines of KEY=VALUE from somebody who is not trusted.  What is not understood,
 * be it the key or the value, is as if it were not there; of a key that comes
 * twice the last good value counts.  A NUL is a byte like any other.
 */
#ifndef TINYINIT_NOTIFICATION_H
#define TINYINIT_NOTIFICATION_H

#include <stdint.h>

/* Their order is that of the keys in notification.c. */
enum {
	NOTIFICATION_READY = 1,             /* READY=1 */
	NOTIFICATION_RELOADING = 2,         /* RELOADING=1 */
	NOTIFICATION_STOPPING = 4,          /* STOPPING=1 */
	NOTIFICATION_BARRIER = 8,           /* BARRIER=1 */
	NOTIFICATION_WATCHDOG = 16,         /* WATCHDOG=1 */
	NOTIFICATION_WATCHDOG_TRIGGER = 32, /* WATCHDOG=trigger */
	NOTIFICATION_STATUS = 64,
	NOTIFICATION_MAINPID = 128,
	NOTIFICATION_ERRNO = 256,
	NOTIFICATION_WATCHDOG_USEC = 512,
	NOTIFICATION_EXTEND_USEC = 1024, /* EXTEND_TIMEOUT_USEC */
};

struct notification {
	uint32_t set;     /* of the above; a member not told of here is 0 */
	int32_t main_pid; /* 1 at least */
	int32_t err;      /* errno, 0 to 4095 */
	uint64_t watchdog_usec;
	uint64_t extend_usec;
	const char *status; /* in the caller's data; any bytes but a newline */
	uint32_t status_len;
};

/* Read len bytes at data, which need no NUL at their end. */
void notification_parse(struct notification *n, const char *data, uint32_t len);

#endif
