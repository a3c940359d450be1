/*
 * main_pid: which process is the service, when its starter has gone away?
 *
 * With a pidfile it is the live process that the file names, if that belongs to
 * the service: it is in the service's cgroup.  Where there are no cgroups, it is
 * a child of PID 1, and either the file was written while we looked on, or the
 * process was started shortly before the file was written.  Any other file is a
 * stale one, and is waited over until it is written again.
 *
 * Without a pidfile it is the oldest process of the cgroup, as soon as that has
 * stayed the same for a while.  The starter may still be there; a process that
 * looks like it (executed as leader of a session, not later than this one) has
 * to stay longer before it is taken for the service itself.
 */
#ifndef TINYINIT_MAIN_PID_H
#define TINYINIT_MAIN_PID_H

#include <sys/types.h>

/* Sleep until it is known.  0: it never will be, which has been said. */
pid_t main_pid_find(const char *name, const char *pidfile);

/* MAINPID=pid to $NOTIFY_SOCKET.  0, or -1: it could not be told, which has been said. */
int main_pid_tell(const char *name, pid_t pid);

#endif
