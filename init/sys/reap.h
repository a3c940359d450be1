/*
 * reap: the ends of children, ours and orphans alike.
 */
#ifndef TINYINIT_REAP_H
#define TINYINIT_REAP_H

#include <stdbool.h>
#include <stdint.h>

struct reaped {
	int32_t pid;
	bool by_signal;
	int32_t number; /* the exit code, or the signal */
};

/*
 * Reap one child that has ended.  1: done; 0: none has ended; -1: there are no
 * children at all.  SIGCHLD coalesces, so call until it is not 1.
 */
int reap_next(struct reaped *reaped);

#endif
