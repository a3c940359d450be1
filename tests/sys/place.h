/*
 * place: processes and namespaces in which a test may do as it likes.
 *
 * A story runs in a child of the test, so that its signals, sessions, mounts and
 * limits are its own.  Inside it want() takes the place of cmocka's assertions,
 * which must not be used in a child: they would go on with the next test there.
 */
#ifndef TINYINIT_TEST_PLACE_H
#define TINYINIT_TEST_PLACE_H

#include "../unit/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PLACE_LIMIT_S = 60, /* no story is longer; one that hangs is ended */
};

#define want(c)                                                                                    \
	do {                                                                                       \
		if (!(c)) {                                                                        \
			dprintf(2, "# %s:%d: not so: %s (errno %d: %s)\n", __FILE__, __LINE__, #c, \
				errno, strerror(errno));                                           \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

#define want_equal(a, b)                                                                      \
	do {                                                                                  \
		long long want_a = (long long)(a);                                            \
		long long want_b = (long long)(b);                                            \
		if (want_a != want_b) {                                                       \
			dprintf(2, "# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #a, \
				want_a, want_b);                                              \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

/* --- time ---------------------------------------------------------------------- */

static inline uint64_t place_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Poll until c holds; a story that waits in vain is ended by its limit. */
#define want_soon(c)                                       \
	do {                                               \
		uint64_t want_end_ms = place_ms() + 10000; \
		while (!(c)) {                             \
			want(place_ms() < want_end_ms);    \
			(void)poll(NULL, 0, 2);            \
		}                                          \
	} while (0)

/* --- a process for a story -------------------------------------------------------- */

static inline int place_wait(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (WIFSIGNALED(status)) {
		dprintf(2, "# the story was ended by signal %d\n", WTERMSIG(status));
		return 1;
	}
	return WEXITSTATUS(status);
}

static inline void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	want(fd >= 0);
	want(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static inline void map_ids(uid_t uid, gid_t gid)
{
	char map[64];

	write_file("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	write_file("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	write_file("/proc/self/gid_map", map);
}

/* A user namespace where the rest needs one: not for root. */
static inline void enter_namespaces(int flags)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (uid != 0)
		flags |= CLONE_NEWUSER;
	if (unshare(flags) < 0) {
		dprintf(2,
			"# this needs root, or a kernel that lets users make namespaces: "
			"unshare: %s\n",
			strerror(errno));
		_exit(1);
	}
	if (flags & CLONE_NEWUSER)
		map_ids(uid, gid);
	if (flags & CLONE_NEWNS)
		want(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static inline void story_begins(int flags, void (*story)(void))
{
	pid_t pid;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)alarm(PLACE_LIMIT_S);
	if (flags)
		enter_namespaces(flags);
	if (flags & CLONE_NEWPID) {
		pid = fork();
		want(pid >= 0);
		if (pid > 0)
			_exit(place_wait(pid));
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		want(getpid() == 1);
	}
	story();
	_exit(0);
}

/* Run the story in a child, in new namespaces of those kinds (CLONE_NEW...). */
static inline void tell_story_in(int flags, void (*story)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		story_begins(flags, story);
	assert_int_equal(place_wait(pid), 0);
}

/* A story as an entry of cmocka's list of tests, in new namespaces or in none. */
struct story {
	int flags;
	void (*tell)(void);
};

static inline void story_test(void **state)
{
	const struct story *story = *state;

	tell_story_in(story->flags, story->tell);
}

/* 14 and 19 disagree about a macro that is a list. */
/* clang-format off */
#define STORY_IN(flags, name) \
	{ #name, story_test, NULL, NULL, &(struct story){ flags, name } }
/* clang-format on */
#define STORY(name) STORY_IN(0, name)

/* An empty root of one's own.  For a story in CLONE_NEWNS. */
static inline void enter_empty_root(void)
{
	want(mount("place", "/tmp", "tmpfs", 0, "mode=0755") == 0);
	want(chroot("/tmp") == 0);
	want(chdir("/") == 0);
}

/* --- descriptors -------------------------------------------------------------------- */

/* How many are open, not counting the one that looks. */
static inline int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n - 3; /* ".", ".." and the directory's own */
}

/* --- a temporary folder ---------------------------------------------------------------- */

static char folder[] = "/tmp/tinyinit-test.XXXXXX";
static char folder_name[sizeof(folder)];

/* A group's setup: a new folder, which is then the working directory. */
static inline int folder_make(void **state)
{
	(void)state;
	strcpy(folder_name, folder);
	return mkdtemp(folder_name) && chdir(folder_name) == 0 ? 0 : -1;
}

static inline void folder_empty(int parent, const char *path)
{
	int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0 || errno != EISDIR)
			continue;
		folder_empty(fd, entry->d_name);
		(void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	if (dir)
		(void)closedir(dir);
}

/* Its teardown. */
static inline int folder_remove(void **state)
{
	(void)state;
	folder_empty(AT_FDCWD, folder_name);
	return chdir("/") == 0 && rmdir(folder_name) == 0 ? 0 : -1;
}

#endif
