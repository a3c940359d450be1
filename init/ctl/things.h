/*
 * things: what a service may wait for outside of itself, `rcwait for ITEM...`.
 *
 *   dev=/dev/NAME, dev=NAME   the node is there
 *   path=/PATH                it exists (a link that leads nowhere does not)
 *   mount=/PATH               something is mounted there
 *   net=IFACE[,up|carrier|address], net=default-route      see net.h
 *   time                      the wall clock has been set: it is 2024 or later, or
 *                             somebody says so with the file /run/tinyinit/time
 */
#ifndef TINYINIT_THINGS_H
#define TINYINIT_THINGS_H

/* Sleep until all hold at once.  0, or TOOL_USAGE. */
int things_wait(char **items);

#endif
