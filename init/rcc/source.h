/*
 * source: the files that a table is made of, below a root, and how they looked.
 *
 * Paths are the device's.  Links are followed as the device would: an absolute
 * one starts again at the root, and ".." does not leave it.  Only regular files
 * are opened, and never with an open(2) that could wait.
 */
#ifndef TINYINIT_RCC_SOURCE_H
#define TINYINIT_RCC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct source {
	const char *path; /* on the device */
	struct stat st;   /* st_mode 0: there is none */
};

struct sources {
	const char *root; /* "" for the root that is running */
	struct source *at;
	uint32_t n;
};

/* The path on the host of a path of the device; NULL and errno: no such file. */
char *source_host(const char *root, const char *path);

/* Note how the file of this host path (NULL: none) looks; st gets it as well. */
void source_note(struct sources *sources, const char *path, const char *host, struct stat *st);

/*
 * Up to max bytes of a regular file, terminated; NULL and errno on failure
 * (EISDIR, or EINVAL for what is no file at all).
 */
char *source_read(const char *host, size_t max, size_t *size);

#endif
