/*
 * wait: `rcwait`, which sleeps until something outside of PID 1 holds.
 *
 *   rcwait for ITEM...                       all of them (things.h)
 *   rcwait ready CONDITION                   a service is ready (ready.h)
 *   rcwait main -n NAME [-p PIDFILE] [CONDITION]
 *                                            find a forking service's main process
 *                                            and tell PID 1 (main_pid.h)
 *
 * Ends with 0 once it holds, with 2 for words it does not know.  There is no
 * time limit here: PID 1 has one, and ends this process with the service.
 */
#ifndef TINYINIT_WAIT_H
#define TINYINIT_WAIT_H

/* argv[0] is the program's name. */
int wait_main(char **argv);

#endif
