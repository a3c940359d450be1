/*
 * devices: the nodes and links in /dev that devtmpfs does not make.
 */
#ifndef TINYINIT_DEVICES_H
#define TINYINIT_DEVICES_H

#include <stdbool.h>

/* Does /dev hold the null device, so that it serves as it is? */
bool devices_usable(void);

/*
 * Make the nodes that every program expects, and those of the consoles, in an
 * empty /dev on a kernel without devtmpfs.  0, or -errno if null cannot be made.
 */
int devices_make(void);

/* /dev/fd, stdin, stdout, stderr; what is there already stays. */
void devices_link(void);

#endif
