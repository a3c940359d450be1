/*
 * ready: how a service that does not say so is seen to be ready.
 *
 *   file=/PATH       it exists
 *   unix=/PATH tcp=PORT udp=PORT      somebody listens (sockets.h)
 *   check=COMMAND    /bin/sh -c ends with 0
 *
 * Files are waited for by inotify.  The other three have no event: they are looked
 * at again after pauses that grow.
 */
#ifndef TINYINIT_READY_H
#define TINYINIT_READY_H

#include <stdbool.h>

/* Is this a condition?  Says so if it is none. */
bool ready_is_valid(const char *condition);

/* Sleep until it holds.  0, or TOOL_FAILED when it cannot be found out. */
int ready_wait(const char *condition);

#endif
