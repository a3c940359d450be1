/*
 * share: memory of PID 1's that other programs may look at.
 */
#ifndef TINYINIT_SHARE_H
#define TINYINIT_SHARE_H

#include <stddef.h>

/*
 * `size` bytes of zeroes behind a memfd of this name, which root finds in
 * /proc/1/fd.  NULL: there is no such thing here.  Never given back.
 */
void *share_memory(const char *name, size_t size);

#endif
