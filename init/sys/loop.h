/*
 * loop: which descriptors have something to say (epoll(7)).
 *
 * It owns the epoll descriptor only; each watched one belongs to who added it,
 * and is closed by loop_close.  close alone does not end the watch while a child
 * that has not come to the end of its exec holds a copy.
 */
#ifndef TINYINIT_LOOP_H
#define TINYINIT_LOOP_H

#include <stdint.h>

/* The descriptor, to be waited for with signals_wait; or -errno. */
int loop_open(void);

/* Watch fd for input; `unit` comes back with it.  0 or -errno. */
int loop_add(int loop, int fd, uint32_t unit);

/* End the watch of fd, and close it. */
void loop_close(int loop, int fd);

/* Take one that is ready, without waiting: 1, with *fd and *unit; or 0. */
int loop_next(int loop, int *fd, uint32_t *unit);

#endif
