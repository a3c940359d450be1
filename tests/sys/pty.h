/*
 * pty: a terminal whose other end the test holds.
 *
 * What is written to the slave can be read from the master, unless the test does
 * not read; closing the master hangs the slave up.
 */
#ifndef TINYINIT_TEST_PTY_H
#define TINYINIT_TEST_PTY_H

#include "place.h"

#include <sys/ioctl.h>
#include <termios.h>

struct pty {
	int master; /* does not block */
	int slave;
	char path[64]; /* of the slave */
};

/* A new pair; the slave is raw, so that bytes come out as they went in. */
static inline struct pty pty_make(void)
{
	struct pty pty;
	struct termios t;

	pty.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	want(pty.master >= 0 && grantpt(pty.master) == 0 && unlockpt(pty.master) == 0);
	want(ptsname_r(pty.master, pty.path, sizeof(pty.path)) == 0);
	pty.slave = open(pty.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	want(pty.slave >= 0);
	want(tcgetattr(pty.slave, &t) == 0);
	cfmakeraw(&t);
	want(tcsetattr(pty.slave, TCSANOW, &t) == 0);
	return pty;
}

static inline void pty_hang_up(struct pty *pty)
{
	close(pty->slave);
	close(pty->master);
}

/* Add what can be read now to the string in buf; returns its new length. */
static inline size_t pty_read(const struct pty *pty, char *buf, size_t len, size_t cap)
{
	ssize_t n;

	while (len < cap - 1 && (n = read(pty->master, buf + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	buf[len] = '\0';
	return len;
}

#endif
