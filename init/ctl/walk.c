#include "walk.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LINKS = 40,  /* as the kernel: more is a loop */
	TRIES = 100, /* folders that vanish while they are looked at */
};

/* A path on its way to be resolved. */
struct walk {
	int fd;
	int links;
	char done[4096]; /* has no link in it; "" is the root */
	char rest[4096];
	char link[4096];
};

/* Watch a folder.  0, or -1 and errno. */
static int watch_folder(const struct walk *walk, const char *path, uint32_t mask)
{
	return inotify_add_watch(walk->fd, *path ? path : "/", mask | IN_MASK_ADD | IN_ONLYDIR) < 0
		       ? -1
		       : 0;
}

/* Watch the folder in which the last component of `done` is. */
static int watch_parent(struct walk *walk, size_t before, uint32_t mask)
{
	char kept = walk->done[before];
	int got;

	walk->done[before] = '\0';
	got = watch_folder(walk, walk->done, mask);
	walk->done[before] = kept;
	return got;
}

/* Cut the next component off `rest` and put it behind `done`; its length before. */
static bool push(struct walk *walk, size_t *before)
{
	char *name = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(name, "/");

	*before = strlen(walk->done);
	if (*before + len + 2 > sizeof(walk->done))
		return false;
	if (len == 2 && !memcmp(name, "..", 2)) {
		char *slash = strrchr(walk->done, '/');

		if (slash)
			*slash = '\0';
		*before = strlen(walk->done);
	} else if (len && (len != 1 || *name != '.')) {
		walk->done[*before] = '/';
		memcpy(walk->done + *before + 1, name, len);
		walk->done[*before + 1 + len] = '\0';
	}
	memmove(walk->rest, name + len, strlen(name + len) + 1);
	return true;
}

/* Put the target of the link `done` in place of it.  1, 0 in a loop, -1 and errno. */
static int follow(struct walk *walk, size_t before)
{
	ssize_t len = readlink(walk->done, walk->link, sizeof(walk->link));
	size_t rest = strlen(walk->rest);

	if (len < 0) {
		/* It was a link a moment ago: look again. */
		errno = ENOENT;
		return -1;
	}
	if (++walk->links > LINKS || (size_t)len + rest + 1 > sizeof(walk->rest))
		return 0;
	memmove(walk->rest + len, walk->rest, rest + 1);
	memcpy(walk->rest, walk->link, (size_t)len);
	walk->done[walk->link[0] == '/' ? 0 : before] = '\0';
	return 1;
}

static bool is_vanished(void)
{
	return errno == ENOENT || errno == ENOTDIR;
}

/* Is there nothing behind which the walk could go on? */
static bool is_end(const struct walk *walk, struct stat *st)
{
	if (lstat(walk->done, st) < 0)
		return true;
	return !S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode) &&
	       walk->rest[strspn(walk->rest, "/")];
}

/* One component.  1: go on; 0: that was the end; -1 and errno */
static int step(struct walk *walk, bool content)
{
	const uint32_t appears = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
				 (content ? IN_MODIFY | IN_CLOSE_WRITE : 0);
	struct stat st;
	size_t before;

	if (!walk->rest[strspn(walk->rest, "/")])
		return 0;
	if (!push(walk, &before)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!walk->done[before])
		return 1;
	if (is_end(walk, &st)) {
		if (watch_parent(walk, before, appears) < 0)
			return -1;
		if (is_end(walk, &st))
			return 0;
	}
	if (S_ISLNK(st.st_mode)) {
		if (watch_parent(walk, before, IN_CREATE | IN_MOVED_TO | IN_DELETE) < 0)
			return -1;
		return follow(walk, before);
	}
	if (S_ISDIR(st.st_mode))
		/* A folder that may be passed but not read is watched no further. */
		return watch_folder(walk, walk->done, IN_DELETE_SELF | IN_MOVE_SELF) < 0 &&
				       errno != EACCES
			       ? -1
			       : 1;
	return content ? watch_parent(walk, before, appears) : 0;
}

int walk_watch(int fd, const char *path, bool content)
{
	static struct walk walk;
	int got = -1;

	for (int i = 0; i < TRIES && got < 0; i++) {
		walk.fd = fd;
		walk.links = 0;
		walk.done[0] = '\0';
		errno = ENAMETOOLONG;
		if (strlen(path) >= sizeof(walk.rest))
			return -1;
		strcpy(walk.rest, path);
		while ((got = step(&walk, content)) > 0)
			;
		if (got < 0 && !is_vanished())
			break;
	}
	return got;
}
