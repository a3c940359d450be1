#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"
#include "walk.h"

enum {
	FALLBACK_MS = 500,
	FAR_S = 10 * 365 * 86400,
	UEVENTS_OF_KERNEL = 1, /* group; 2 is udevd's */
};

static const char *const names[N_WATCH_SOURCES] = {
	[WATCH_PATHS] = "inotify",    [WATCH_DEVICES] = "uevents", [WATCH_NET] = "rtnetlink",
	[WATCH_MOUNTS] = "mountinfo", [WATCH_CLOCK] = "timerfd",
};

void watch_init(struct watch *watch)
{
	*watch = (struct watch){ .missing = NULL };
	for (int i = 0; i < N_WATCH_SOURCES; i++)
		watch->fds[i] = -1;
}

static void missing(struct watch *watch, enum watch_source source)
{
	if (watch->missing)
		return;
	watch->err = errno;
	watch->missing = names[source];
}

static int open_netlink(int protocol, uint32_t groups)
{
	const union {
		struct sockaddr_nl netlink;
		struct sockaddr any;
	} address = { .netlink = { .nl_family = AF_NETLINK, .nl_groups = groups } };
	int err;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	if (fd < 0 || bind(fd, &address.any, sizeof(address.netlink)) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/*
 * Again after each event: a timer that was cancelled or has expired is dead.  One
 * that is past would expire at once, for ever; then only a setting matters.
 */
static int arm_clock(int fd, int64_t clock_s)
{
	struct itimerspec at = { .it_value = { .tv_sec = (time_t)clock_s, .tv_nsec = 0 } };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec >= at.it_value.tv_sec)
		at.it_value.tv_sec = now.tv_sec + FAR_S;
	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, NULL);
}

static int open_clock(int64_t clock_s)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 && arm_clock(fd, clock_s) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int open_source(const struct watch *watch, enum watch_source source)
{
	switch (source) {
	case WATCH_PATHS:
		return inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	case WATCH_DEVICES:
		return open_netlink(NETLINK_KOBJECT_UEVENT, UEVENTS_OF_KERNEL);
	case WATCH_NET:
		return open_netlink(NETLINK_ROUTE, RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
							   RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
							   RTMGRP_IPV6_ROUTE);
	case WATCH_MOUNTS:
		return open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	case WATCH_CLOCK:
		return open_clock(watch->clock_s);
	case N_WATCH_SOURCES:
	default:
		return -1;
	}
}

void watch_ask(struct watch *watch, enum watch_source source)
{
	if (source >= N_WATCH_SOURCES || watch->fds[source] >= 0)
		return;
	watch->fds[source] = open_source(watch, source);
	if (watch->fds[source] < 0)
		missing(watch, source);
}

/* Take out all that is there.  ENOBUFS is an overflow, after which there is more. */
static void drain(const struct watch *watch, enum watch_source source)
{
	static char events[8192];
	int fd = watch->fds[source];

	/* The poll itself has taken note of the mounts. */
	if (source == WATCH_MOUNTS)
		return;
	while (read(fd, events, sizeof(events)) > 0 || errno == ENOBUFS || errno == EINTR)
		if (source == WATCH_CLOCK)
			break;
	if (source == WATCH_CLOCK)
		arm_clock(fd, watch->clock_s);
}

void watch_sleep(struct watch *watch, int limit_ms)
{
	struct pollfd polled[N_WATCH_SOURCES];
	enum watch_source sources[N_WATCH_SOURCES];
	nfds_t n = 0;
	int got;

	/* Only what is open: more entries than RLIMIT_NOFILE are an error. */
	for (int i = 0; i < N_WATCH_SOURCES; i++)
		if (watch->fds[i] >= 0) {
			sources[n] = (enum watch_source)i;
			polled[n++] = (struct pollfd){ .fd = watch->fds[i],
						       .events = i == WATCH_MOUNTS ? POLLPRI
										   : POLLIN };
		}
	if (watch->missing && !watch->told) {
		watch->told = true;
		say("rcwait", "no ", watch->missing, " (", strerror(watch->err),
		    "): looking every 500 ms");
	}
	if (watch->missing && (limit_ms < 0 || limit_ms > FALLBACK_MS))
		limit_ms = FALLBACK_MS;
	got = poll(polled, n, limit_ms);
	if (got < 0 && errno != EINTR)
		tool_pause_ms(FALLBACK_MS);
	for (nfds_t i = 0; got > 0 && i < n; i++)
		if (polled[i].revents)
			drain(watch, sources[i]);
}

void watch_path(struct watch *watch, const char *path, bool content)
{
	watch_ask(watch, WATCH_PATHS);
	if (watch->fds[WATCH_PATHS] >= 0 && walk_watch(watch->fds[WATCH_PATHS], path, content) < 0)
		missing(watch, WATCH_PATHS);
}
