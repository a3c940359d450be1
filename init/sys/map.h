/*
 * map: a whole file in memory, and how a file looks.
 *
 * The memory holds a copy.  A file that is mapped itself would end PID 1 with
 * SIGBUS once somebody cuts it off or its medium fails (mmap(2)).
 */
#ifndef TINYINIT_MAP_H
#define TINYINIT_MAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of a regular file, read-only, and *size, how many.  They belong to
 * the caller, until map_free.  NULL and *err, which is -errno: -EINVAL for what is no regular
 * file, -ENODATA for an empty one, -EFBIG for more than max bytes, -EAGAIN for
 * one that was cut off meanwhile.
 */
const void *map_file(const char *path, size_t max, size_t *size, int *err);
void map_free(const void *data, size_t size);

/* What tells whether a file is still the same. */
struct source_stat {
	uint32_t mode; /* st_mode; 0: there is no such file */
	uint64_t size;
	int64_t mtime_s;
	uint32_t mtime_ns;
};

/*
 * Look at what is at path, links followed.  0; or -errno, and all is 0, for what
 * cannot be looked at for another reason than that it is not there.
 */
int source_stat(const char *path, struct source_stat *stat);

#endif
