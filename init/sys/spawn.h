/*
 * spawn: make a process, and say what kept it from becoming the program.
 *
 * The child reports a failure through memory it shares with PID 1, not through
 * a pipe: no descriptor a child, nothing to run out of, and nothing to wait
 * for.  The report is complete when the child has been reaped.
 */
#ifndef TINYINIT_SPAWN_H
#define TINYINIT_SPAWN_H

#include <stdint.h>

/* What the child was doing when it failed. */
enum spawn_stage {
	SPAWN_FINE, /* it became the program */
	SPAWN_TTY,  /* opening its terminal */
	SPAWN_EXEC,
};

struct spawn_fault {
	int32_t stage;
	int32_t err; /* errno */
};

struct spawn {
	const char *const *argv; /* argv[0] is the path; NULL at the end */
	const char *const *envp;
	/*
	 * A program to run instead where argv[0] does not exist; NULL: none.
	 */
	const char *const *instead;
	/*
	 * A terminal below /dev that becomes fds 0 to 2 and the controlling one;
	 * NULL: inherit PID 1's fds 0 to 2.
	 */
	const char *tty;
	struct spawn_fault *fault; /* shared; written by the child */
};

/*
 * n shared reports, all SPAWN_FINE; NULL if there is no memory for them.  They
 * are never freed.
 */
struct spawn_fault *spawn_faults(uint32_t n);

/*
 * Start a program in a session of its own, with default signals and an empty
 * mask.  Returns its pid or -errno of fork(2).  Clears the report first.
 */
int32_t spawn_program(const struct spawn *spawn);

/*
 * Run fn(arg) in a child, which then exits with what fn returns.  Pid or
 * -errno.  The child has a session of its own and default signals.
 */
int32_t spawn_call(int (*fn)(void *arg), void *arg);

#endif
