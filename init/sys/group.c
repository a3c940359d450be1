#include "group.h"

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* getdents64(2): the C library shows this struct only behind opendir. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* What a walk over a group and its sub-groups is for. */
struct walk {
	int signal; /* 0: none; the walk removes */
	int32_t except;
	uint32_t sent;
	uint32_t left; /* bytes of cgroup.procs that it may still read */
};

/* The folder of all groups; -1: none. */
static int groups = -1;

static int open_at(int at, const char *name, int flags)
{
	int fd = openat(at, name, flags | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The folder of one group; "." and ".." would be all of them, or the machine. */
static int find(const char *name)
{
	return name[0] == '.' ? -EINVAL : open_at(groups, name, O_DIRECTORY);
}

static int open_in(const char *name, const char *file, int flags)
{
	int at = find(name);
	int fd = at;

	if (at >= 0) {
		fd = open_at(at, file, flags);
		close(at);
	}
	return fd;
}

/* Takes what an open has returned, and closes it. */
static int put(int fd, const char *text)
{
	int err = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int groups_init(const char *path)
{
	static const char wishes[][8] = { "+memory", "+pids", "+cpu", "+io" };
	bool made = mkdir(path, 0755) == 0;
	int fd = open_at(AT_FDCWD, path, O_DIRECTORY);
	int proof;

	if (fd < 0)
		return fd;
	/* Only the second version has this file. */
	proof = open_at(fd, "../cgroup.controllers", O_RDONLY);
	if (proof < 0) {
		close(fd);
		if (made)
			(void)rmdir(path);
		return -ENODEV;
	}
	close(proof);
	for (unsigned i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		(void)put(open_at(fd, "../cgroup.subtree_control", O_WRONLY), wishes[i]);
		(void)put(open_at(fd, "cgroup.subtree_control", O_WRONLY), wishes[i]);
	}
	groups = fd;
	return 0;
}

int group_open(const char *name)
{
	if (name[0] == '.')
		return -EINVAL;
	/* A child that joins a frozen group never comes to its exec. */
	if (mkdirat(groups, name, 0755) < 0)
		(void)put(open_in(name, "cgroup.freeze", O_WRONLY), "0");
	return open_in(name, "cgroup.procs", O_WRONLY);
}

/* --- walks ------------------------------------------------------------------------- */

static void send(struct walk *walk, uint32_t pid)
{
	/* 0 stands for a process of another PID namespace, 1 for ourselves. */
	if (pid > 1 && (int32_t)pid != walk->except && kill((pid_t)pid, walk->signal) == 0)
		walk->sent++;
}

static void signal_here(int at, struct walk *walk)
{
	int fd = open_at(at, "cgroup.procs", O_RDONLY);
	char buf[512];
	ssize_t n = 0;
	uint32_t pid = 0; /* a number may be cut by the end of buf */

	if (fd < 0)
		return;
	while (walk->left >= sizeof(buf) && (n = read(fd, buf, sizeof(buf))) > 0) {
		walk->left -= (uint32_t)n;
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9' && pid < INT32_MAX / 10) {
				pid = pid * 10 + (uint32_t)(buf[i] - '0');
				continue;
			}
			send(walk, pid);
			pid = 0;
		}
	}
	close(fd);
}

static void walk_group(int at, struct walk *walk, unsigned depth);

static void walk_below(int at, const char *name, struct walk *walk, unsigned depth)
{
	int below = open_at(at, name, O_DIRECTORY);

	if (below >= 0) {
		walk_group(below, walk, depth);
		close(below);
	}
	if (!walk->signal)
		(void)unlinkat(at, name, AT_REMOVEDIR);
}

static void walk_group(int at, struct walk *walk, unsigned depth)
{
	_Alignas(struct entry) char buf[512]; /* one of the longest names */
	long n;

	if (walk->signal)
		signal_here(at, walk);
	while (depth < GROUP_DEPTH && (n = syscall(SYS_getdents64, at, buf, sizeof(buf))) > 0) {
		for (long i = 0; i < n;) {
			const struct entry *e = (const struct entry *)(const void *)(buf + i);

			i += e->reclen;
			if (e->type == DT_DIR && e->name[0] != '.')
				walk_below(at, e->name, walk, depth + 1);
		}
	}
}

static int walk_from(const char *name, struct walk *walk)
{
	int at = find(name);

	if (at < 0)
		return at;
	walk_group(at, walk, 0);
	close(at);
	return 0;
}

int group_signal(const char *name, int signal, int32_t except)
{
	struct walk walk = { .signal = signal, .except = except, .left = GROUP_PID_BYTES };

	return walk_from(name, &walk);
}

int group_kill(const char *name)
{
	struct walk walk = { .signal = SIGKILL, .left = GROUP_PID_BYTES };
	int err = put(open_in(name, "cgroup.kill", O_WRONLY), "1");

	if (!err)
		return 0;
	/* A kernel older than 5.14, a threaded group, or one that has gone by now. */
	for (int i = 0; i < GROUP_PASSES; i++) {
		walk.sent = 0;
		err = walk_from(name, &walk);
		if (err || !walk.sent)
			break;
	}
	return err == -ENOENT ? 0 : err;
}

static int remove_at(int at, const char *name)
{
	return unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

int group_remove(const char *name)
{
	struct walk walk = { .signal = 0 };
	int err = remove_at(groups, name);

	/* Most have no sub-groups. */
	if (err && !walk_from(name, &walk))
		err = remove_at(groups, name);
	return err;
}

/* --- questions ---------------------------------------------------------------------- */

/* What follows `key` at the beginning of a line; NULL: no such line. */
static const char *after(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (strncmp(text, key, len) != 0) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	return text + len;
}

int group_empty(const char *name)
{
	int fd = open_in(name, "cgroup.events", O_RDONLY);
	const char *value;
	char buf[256];
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, buf, sizeof(buf) - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return (int)n;
	buf[n] = '\0';
	value = after(buf, "populated ");
	return value ? *value == '0' : -ENODATA;
}

/* "/proc/4711/cgroup" */
static void cgroup_path(char *path, uint32_t pid)
{
	static const char frame[] = "/proc/0000000/cgroup";

	memcpy(path, frame, sizeof(frame));
	/* procfs takes no zeros in front of a number, but slashes as many as come. */
	for (char *digit = path + 12; digit >= path + 6; digit--) {
		*digit = pid ? (char)('0' + pid % 10) : '/';
		pid /= 10;
	}
}

int group_of_pid(int32_t pid, char *buf, size_t cap)
{
	char path[sizeof("/proc/0000000/cgroup")];
	char text[1024];
	const char *name;
	size_t len;

	cgroup_path(path, (uint32_t)pid);
	if (file_read(path, text, sizeof(text)) < 0)
		return -ENOENT;
	name = after(text, "0::/rc/");
	if (!name)
		return -ENOENT;
	len = strcspn(name, "/\n");
	if (!name[len] || len >= cap)
		return -ENOENT;
	memcpy(buf, name, len);
	buf[len] = '\0';
	return 0;
}
