/*
 * mounts: the file systems that a kernel leaves unmounted.
 *
 * One table in mounts.c says what is mounted where, with which options.  What
 * is a mount point already is left as it is.  A mount that fails is reported
 * and costs nothing else.
 */
#ifndef TINYINIT_MOUNTS_H
#define TINYINIT_MOUNTS_H

#include <stdbool.h>

struct mount_report {
	const char *path;
	const char *type;
	int err;        /* errno */
	bool required;  /* without it the boot goes to the rescue shell */
	bool no_dir;    /* the mount point is missing and cannot be made */
	bool makeshift; /* not as wanted, but something that serves is in place */
};

/*
 * Mount all of the table.  report(ctx, r) is called for everything that is not
 * as wanted.  Returns false if a required one is missing in the end.
 */
bool mounts_all(void (*report)(void *ctx, const struct mount_report *r), void *ctx);

#endif
