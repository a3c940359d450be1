/*
 * spawn: make a process, and say what kept it from becoming the program.
 *
 * The child of spawn_program shares PID 1's memory and PID 1 stands still until
 * it has become the program or has failed (clone(2), CLONE_VM | CLONE_VFORK): no
 * page is copied, and the answer is there when the call returns.  The child runs
 * on a stack of its own, which this file owns.  PID 1 stands still for as long as
 * the kernel needs to find and open the program, so nothing that can wait for
 * somebody else belongs between the two: what sets a process up is done by the
 * program (see PLACE_RCEXEC).
 */
#ifndef TINYINIT_SPAWN_H
#define TINYINIT_SPAWN_H

#include <stdint.h>

/* What the child was doing when it failed. */
enum spawn_stage {
	SPAWN_FINE,  /* it became the program */
	SPAWN_TTY,   /* opening its terminal */
	SPAWN_GROUP, /* joining its group, which is there */
	SPAWN_EXEC,
};

struct spawn_fault {
	int32_t stage;
	int32_t err;       /* errno */
	int32_t group_err; /* errno with which it went on without its group; 0: none */
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
	 * NULL: inherit PID 1's fds 0 to 2, of which 0 is /dev/null.
	 */
	const char *tty;
	/*
	 * The child gets notify_fd as ready_fd, which is 3 at least; -1: none.
	 */
	int notify_fd;
	int ready_fd;
	/*
	 * The cgroup.procs of the group that it joins (group_open); -1: none.  A
	 * group that has gone or takes nobody in does not hold it up.  Not for a
	 * group with limits: one that has used up its cpu.max, say, keeps the child
	 * from its exec for seconds, and PID 1 with it.  Such a group is joined by
	 * the program (PLACE_RCEXEC).
	 */
	int group_fd;
	struct spawn_fault *fault; /* always written; NULL: nobody asks */
};

/*
 * Start a program in a session of its own, with default signals and an empty
 * mask.  Returns its pid, or -errno: with stage SPAWN_FINE there was no process
 * (clone(2), or EINVAL for a ready_fd below 3); with another there was, and it
 * has been reaped.  A child that is killed on its way counts as started.
 */
int32_t spawn_program(const struct spawn *spawn);

/*
 * Run fn(arg) in a child, which then exits with what fn returns.  Pid or
 * -errno.  The child has a session of its own, default signals and a copy of
 * the memory, so it may take its time.
 */
int32_t spawn_call(int (*fn)(void *arg), void *arg);

#endif
