#include "unmount.h"

#include "files.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/swap.h>

enum {
	TABLE = 64 * 1024, /* of /proc/self/mounts; the rest waits for a later pass */
	PASSES = 8,        /* a mount below a mount below ... that was busy before */
};

/* A field of /proc/mounts and /proc/swaps in place: "\040" is a blank (proc(5)). */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/*
 * Cut the field at *s off; NULL at the end of the line.  One blank parts two
 * fields, for a mount's source may be empty (an overlay's, say).
 */
static char *field(char **s)
{
	char *start = *s;
	char *end = start + strcspn(start, " \t");

	if (!*start)
		return NULL;
	*s = end + (*end != '\0');
	*end = '\0';
	return start;
}

/* Cut the last whole line off the text; NULL when there is none. */
static char *last_line(char *text)
{
	char *newline = strrchr(text, '\n');

	if (!newline)
		return NULL;
	*newline = '\0';
	newline = strrchr(text, '\n');
	return newline ? newline + 1 : text;
}

void unmount_swap(void)
{
	static char table[8192];
	char *line;

	if (file_read("/proc/swaps", table, sizeof(table)) <= 0)
		return;
	while ((line = last_line(table))) {
		char *path = field(&line);

		if (!path || *path != '/') /* the heading */
			continue;
		unescape(path);
		(void)swapoff(path);
	}
}

/* File systems that live in memory have nothing to lose, and are in use. */
static bool holds_data(const char *type)
{
	static const char *const none[] = {
		"proc",    "sysfs",    "devtmpfs", "devpts",   "tmpfs",      "ramfs",
		"rootfs",  "cgroup2",  "cgroup",   "mqueue",   "bpf",        "debugfs",
		"tracefs", "configfs", "pstore",   "efivarfs", "securityfs", "autofs",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (strcmp(type, none[i]) == 0)
			return false;
	return true;
}

/* The path of the next mount that holds data, from the table's end; or NULL. */
static char *last_mount(char *table)
{
	char *line;

	while ((line = last_line(table))) {
		char *path = (field(&line), field(&line));
		char *type = field(&line);

		if (!path || !type || !holds_data(type))
			continue;
		unescape(path);
		return path;
	}
	return NULL;
}

static int unmount_pass(char *table)
{
	int gone = 0;
	char *path;

	while ((path = last_mount(table)))
		if (strcmp(path, "/") != 0)
			gone += umount2(path, UMOUNT_NOFOLLOW) == 0;
	return gone;
}

static int make_read_only(const char *path)
{
	return mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0 ? errno : 0;
}

void unmount_all(void (*report)(void *ctx, const char *path, int err), void *ctx)
{
	static char table[TABLE];
	int gone = 1;
	char *path;
	int err;

	for (int i = 0; i < PASSES && gone; i++) {
		if (file_read("/proc/self/mounts", table, sizeof(table)) <= 0)
			strcpy(table, "");
		gone = unmount_pass(table);
	}
	if (file_read("/proc/self/mounts", table, sizeof(table)) <= 0)
		strcpy(table, "root / unknown\n");
	while ((path = last_mount(table))) {
		err = make_read_only(path);
		if (err)
			report(ctx, path, err);
	}
}
