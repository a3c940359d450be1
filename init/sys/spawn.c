#include "spawn.h"

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

struct spawn_fault *spawn_faults(uint32_t n)
{
	void *area = mmap(NULL, n * sizeof(struct spawn_fault), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

static void give_up(const struct spawn *spawn, enum spawn_stage stage)
{
	if (spawn->fault) {
		spawn->fault->err = errno;
		spawn->fault->stage = stage;
	}
	_exit(127);
}

/* What a program that crashed in raw mode may have left behind (termios(3)). */
static void make_sane(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return;
	t.c_iflag |= BRKINT | ICRNL | IXON;
	t.c_iflag &= ~(tcflag_t)(IGNCR | INLCR | ISTRIP);
	t.c_oflag |= OPOST | ONLCR;
	t.c_cflag |= CREAD;
	t.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	t.c_lflag &= ~(tcflag_t)(NOFLSH | TOSTOP);
	(void)tcsetattr(fd, TCSANOW, &t);
}

static void take_tty(const struct spawn *spawn)
{
	char path[64] = "/dev/";
	int fd;
	int flags;

	strncat(path, spawn->tty, sizeof(path) - sizeof("/dev/"));
	/* O_NONBLOCK for the open only: it must not wait for a carrier. */
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		give_up(spawn, SPAWN_TTY);
	flags = fcntl(fd, F_GETFL);
	(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	/* 1: take it from a session that still holds it. */
	(void)ioctl(fd, TIOCSCTTY, 1);
	make_sane(fd);
	for (int i = 0; i <= 2; i++)
		(void)dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* execve(2) takes its strings as if it would change them; it does not. */
static char *const *strings(const char *const *list)
{
	const union {
		const char *const *in;
		char *const *out;
	} same = { list };

	return same.out;
}

static void become(const struct spawn *spawn)
{
	(void)setsid();
	if (spawn->tty)
		take_tty(spawn);
	signals_reset();
	(void)execve(spawn->argv[0], strings(spawn->argv), strings(spawn->envp));
	if (spawn->instead && errno == ENOENT)
		(void)execve(spawn->instead[0], strings(spawn->instead), strings(spawn->envp));
	give_up(spawn, SPAWN_EXEC);
}

int32_t spawn_program(const struct spawn *spawn)
{
	pid_t pid;

	if (spawn->fault)
		*spawn->fault = (struct spawn_fault){ .stage = SPAWN_FINE };
	pid = _Fork();
	if (pid == 0)
		become(spawn);
	return pid < 0 ? -errno : pid;
}

int32_t spawn_call(int (*fn)(void *arg), void *arg)
{
	pid_t pid = _Fork();

	if (pid == 0) {
		(void)setsid();
		signals_reset();
		_exit(fn(arg));
	}
	return pid < 0 ? -errno : pid;
}
