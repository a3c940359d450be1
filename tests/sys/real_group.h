/*
 * real_group: the kernel's own cgroup2, and a group in it for one story.
 *
 * The story is PID 1 of a PID namespace, so that all it started ends with it, and
 * the group is removed after it.  Only root may make one; a story that cannot be
 * told for that reason ends with LEFT_OUT.
 */
#ifndef TINYINIT_TEST_REAL_GROUP_H
#define TINYINIT_TEST_REAL_GROUP_H

#include "place.h"

#define LEFT_OUT 77

static char base[64]; /* the group that is the story's machine, relative to folder_name */
static char rc[80];

/* The path of something below the folder of all groups. */
static inline const char *in_rc(const char *below)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", rc, below);
	return path;
}

static inline void leave_out(const char *why)
{
	dprintf(2, "# the stories of real groups are left out: %s\n", why);
	_exit(LEFT_OUT);
}

static inline void real_ends(pid_t story)
{
	int code = place_wait(story);

	/* The story's processes ended with its PID 1; the kernel may still count them. */
	want_soon((folder_empty(AT_FDCWD, base), rmdir(base) == 0));
	_exit(code);
}

static inline void real_begins(void (*tell)(void))
{
	pid_t story;

	(void)alarm(PLACE_LIMIT_S);
	if (getuid() != 0)
		leave_out("only root may");
	enter_namespaces(CLONE_NEWNS | CLONE_NEWPID);
	if ((mkdir("real", 0700) < 0 && errno != EEXIST) ||
	    mount("none", "real", "cgroup2", 0, NULL) < 0)
		leave_out("this kernel mounts no cgroup2");
	(void)snprintf(base, sizeof(base), "real/tinyinit-test.%d", (int)getpid());
	(void)snprintf(rc, sizeof(rc), "%s/rc", base);
	if (mkdir(base, 0755) < 0)
		leave_out("cgroup2 cannot be written to");
	story = fork();
	want(story >= 0);
	if (story > 0)
		real_ends(story);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	want(mount("proc", "/proc", "proc", 0, NULL) == 0);
	tell();
	_exit(0);
}

static inline int tell_real(void (*tell)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		real_begins(tell);
	return pid < 0 ? 1 : place_wait(pid);
}

static inline void real_test(void **state)
{
	const struct story *story = *state;

	assert_int_equal(tell_real(story->tell), 0);
}

static inline void nothing(void)
{
}

/* clang-format off */
#define REAL(name) { #name, real_test, NULL, NULL, &(struct story){ 0, name } }
/* clang-format on */

#endif
