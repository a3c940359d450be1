/*
 * process: what /proc says of a process.
 */
#ifndef TINYINIT_PROCESS_H
#define TINYINIT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	pid_t pid, parent, session;
	uint64_t start_ms; /* CLOCK_BOOTTIME, in ticks of 10 ms */
	bool has_execed;   /* since it was forked */
};

/* False: there is none, or it is dead and only not reaped. */
bool process_read(struct process *process, pid_t pid);

#endif
