#include "spawn.h"

#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define BIT(signal) (UINT64_C(1) << ((signal)-1))

enum {
	STACK_BYTES = 16 * 1024,
};

/* What the child is told, and where it leaves its report. */
struct order {
	const struct spawn *spawn;
	struct spawn_fault fault;
};

/* Of the one child that there is while PID 1 stands still. */
static _Alignas(16) char stack[STACK_BYTES];

static void give_up(struct order *order, enum spawn_stage stage)
{
	order->fault.err = errno;
	order->fault.stage = stage;
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

static void take_tty(struct order *order)
{
	char path[64] = "/dev/";
	int fd;
	int flags;

	strncat(path, order->spawn->tty, sizeof(path) - sizeof("/dev/"));
	/* O_NONBLOCK for the open only: it must not wait for a carrier. */
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		give_up(order, SPAWN_TTY);
	flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
	(void)syscall(SYS_fcntl, fd, F_SETFL, flags & ~O_NONBLOCK);
	/* 1: take it from a session that still holds it. */
	(void)ioctl(fd, TIOCSCTTY, 1);
	make_sane(fd);
	for (int i = 0; i <= 2; i++)
		(void)dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* cgroup-v2 says these of a group that has been removed, or that takes no process. */
static bool goes_without(int err)
{
	return err == ENODEV || err == ENOENT || err == EBUSY || err == EOPNOTSUPP;
}

static void join_group(struct order *order)
{
	/* 0: whoever writes (Documentation/admin-guide/cgroup-v2.rst). */
	if (write(order->spawn->group_fd, "0", 1) >= 0)
		return;
	order->fault.group_err = errno;
	if (!goes_without(errno))
		give_up(order, SPAWN_GROUP);
}

static void hand_over(struct order *order)
{
	int from = order->spawn->notify_fd;
	int to = order->spawn->ready_fd;
	int err = from == to ? (int)syscall(SYS_fcntl, to, F_SETFD, 0) : dup2(from, to);

	if (err < 0)
		give_up(order, SPAWN_EXEC);
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

static int become(void *arg)
{
	struct order *order = arg;
	const struct spawn *spawn = order->spawn;

	(void)setsid();
	if (spawn->tty)
		take_tty(order);
	if (spawn->group_fd >= 0)
		join_group(order);
	if (spawn->notify_fd >= 0)
		hand_over(order);
	/* Before any can come: a handler would write into PID 1's memory. */
	signals_reset();
	(void)execve(spawn->argv[0], strings(spawn->argv), strings(spawn->envp));
	if (spawn->instead && errno == ENOENT)
		(void)execve(spawn->instead[0], strings(spawn->instead), strings(spawn->envp));
	give_up(order, SPAWN_EXEC);
	return 127;
}

/*
 * All but those of a fault: were they blocked, a fault in PID 1 would be its end
 * (the kernel's force_sig_info_to_task).  As the kernel lays a set out, bit 0
 * being signal 1; two calls of the C library's would be more code.
 */
static void set_mask(const uint64_t *wish, uint64_t *before)
{
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, wish, before, sizeof(*wish));
}

/*
 * The child that has failed is past its last instruction: this waits for the
 * kernel alone.
 */
static void bury(pid_t pid)
{
	while (waitid(P_PID, (id_t)pid, NULL, WEXITED) < 0 && errno == EINTR)
		;
}

int32_t spawn_program(const struct spawn *spawn)
{
	static const uint64_t most = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) |
				       BIT(SIGTRAP) | BIT(SIGSYS) | BIT(SIGABRT));
	struct order order = { .spawn = spawn };
	uint64_t mask;
	int32_t pid = -EINVAL;
	int err = errno; /* the child's is ours */

	if (spawn->notify_fd < 0 || spawn->ready_fd > 2) {
		set_mask(&most, &mask);
		pid = clone(become, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
			    &order);
		if (pid < 0)
			pid = -errno;
		if (order.fault.stage != SPAWN_FINE) {
			bury(pid);
			pid = -order.fault.err;
		}
		set_mask(&mask, NULL);
	}
	if (spawn->fault)
		*spawn->fault = order.fault;
	errno = err;
	return pid;
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
