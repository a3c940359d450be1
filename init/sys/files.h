/*
 * files: small files and directories, read without stdio and without memory.
 *
 * Nothing here waits: files are opened O_NONBLOCK, so that a FIFO put where a
 * file belongs holds up nobody.
 */
#ifndef TINYINIT_FILES_H
#define TINYINIT_FILES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Read at most cap - 1 bytes of path into buf and terminate them.  Returns the
 * number of bytes, or -errno (buf is then empty).
 */
int file_read(const char *path, char *buf, size_t cap);

/* Write a string in one call; 0 or -errno.  The file must exist. */
int file_write(const char *path, const char *s);

/*
 * Call entry(ctx, name) for every entry of the directory at path that is no
 * directory itself, in the file system's order.  0 or -errno.
 */
int dir_each(const char *path, void (*entry)(void *ctx, const char *name), void *ctx);

#endif
