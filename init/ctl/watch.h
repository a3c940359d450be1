/*
 * watch: sleep until the kernel says that something may have changed.
 *
 * Owns a descriptor for each source that was asked for.  To lose nothing, ask
 * for the source first, then look whether the thing holds, then sleep; after
 * each sleep look again.  What an event says is not looked at, and an overflow
 * is an event like any other.
 *
 * A source that cannot be had (no descriptors or watches left, not in this
 * kernel) is replaced by a look each half second, with one line that says so,
 * as late as the first sleep.
 */
#ifndef TINYINIT_WATCH_H
#define TINYINIT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

enum watch_source {
	WATCH_PATHS,   /* inotify(7), with watch_path */
	WATCH_DEVICES, /* the kernel's uevents */
	WATCH_NET,     /* rtnetlink(7): links, addresses, routes */
	WATCH_MOUNTS,  /* /proc/self/mountinfo */
	WATCH_CLOCK,   /* the wall clock was set, or has passed `clock_s` */
	N_WATCH_SOURCES,
};

struct watch {
	int fds[N_WATCH_SOURCES]; /* -1: not open */
	int64_t clock_s;          /* seconds since 1970 */
	const char *missing;      /* a source that could not be had */
	int err;
	bool told;
};

void watch_init(struct watch *watch);

void watch_ask(struct watch *watch, enum watch_source source);

/*
 * Ask for what decides whether the absolute path exists: the nearest folder that
 * does, and the folders and symbolic links on the way.  To be called again after
 * each sleep, for that may be another folder then.  With `content` also for
 * changes of the file itself.
 */
void watch_path(struct watch *watch, const char *path, bool content);

/* Sleep until an event; at most limit_ms, or without a limit if that is below 0. */
void watch_sleep(struct watch *watch, int limit_ms);

#endif
