/*
 * notify: how a service tells that it is ready: sd_notify's socket, which is one
 * for all, and a pipe of its own (s6's notification-fd).
 *
 * Everybody may write to either, so whatever comes is somebody's claim: the
 * socket's come with the kernel's word for who sent it (unix(7), SO_PASSCRED).
 * Nothing here waits, and one call does a bounded amount of work.
 */
#ifndef TINYINIT_NOTIFY_H
#define TINYINIT_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Make the socket at path, in the place of what was there, and the folder it is
 * in.  Returns its descriptor or -errno.
 */
int notify_open(const char *path);

/*
 * Take one datagram: its length (0 is possible), and who sent it.  pid 0 and
 * length 0: it was dropped, for it was longer than cap or its sender has no pid
 * here.  Descriptors that came with it are closed.  -EAGAIN: there is none.
 */
int notify_take(int fd, char *buf, size_t cap, int32_t *pid, uint32_t *uid);

/* A pipe, [0] to read from; 0 or -errno. */
int ready_pipe(int fds[2]);

/*
 * Has a service told by its pipe that it is ready, by a newline, or by anything
 * and the end?  1: yes; 0: not yet; -EPIPE: the end, and nothing before it.
 * *begun is false before the first call and is kept for the next.  At most 512
 * bytes are read, so a readable pipe may be left readable.
 */
int ready_read(int fd, bool *begun);

#endif
