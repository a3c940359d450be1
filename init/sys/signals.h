/*
 * signals: what reaches PID 1 as a signal, and the wait in which it does.
 *
 * The signals that mean something are blocked at all times but inside
 * signals_wait, so a handler never interrupts anything; it only notes.  All
 * others keep their default action, which the kernel does not carry out on
 * PID 1; none is ignored, for a child would inherit that through exec.  The
 * signals of a fault (SEGV, BUS, ...) are never blocked.
 */
#ifndef TINYINIT_SIGNALS_H
#define TINYINIT_SIGNALS_H

#include <stdint.h>

/*
 * One signal that came, and who sent it.  pid 0: the kernel itself (SI_KERNEL,
 * sigaction(2)); -1: a process that has no pid in this PID namespace, being outside.
 */
struct signal_note {
	int signal;
	int32_t pid;
	uint32_t uid;
};

/* Set every disposition and the mask, whatever was inherited. */
void signals_init(void);

/* In a new child: default actions, nothing blocked. */
void signals_reset(void);

/*
 * Sleep until a signal comes, fd (-1: none) has input, or timeout_ms have passed
 * (-1: no limit).
 */
void signals_wait(int fd, int64_t timeout_ms);

/*
 * Take one noted signal, SIGCHLD excepted (it only ends the wait).  Returns 1,
 * or 0 if there is none.  Several of one kind that came at once are one, with
 * the first sender.
 */
int signals_take(struct signal_note *note);

#endif
