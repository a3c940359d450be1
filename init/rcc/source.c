#include "source.h"

#include "heap.h"
#include "table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum {
	LINKS = 40
}; /* as many as the kernel follows (path_resolution(7)) */

/* The target of a link, or NULL when it is none. */
static char *link_target(const char *host)
{
	char *target = heap_take(PATH_MAX);
	ssize_t n = readlink(host, target, PATH_MAX);

	return n > 0 ? heap_copy(target, (size_t)n) : NULL;
}

/* Append a component to what has been resolved so far; ".." takes one away. */
static char *step(char *done, const char *root, const char *part, size_t n)
{
	if (n == 0 || (n == 1 && part[0] == '.'))
		return done;
	if (n == 2 && part[0] == '.' && part[1] == '.') {
		char *slash = strrchr(done + strlen(root), '/');

		if (slash)
			*slash = '\0';
		return done;
	}
	return heap_print("%s/%.*s", done, (int)n, part);
}

char *source_host(const char *root, const char *path)
{
	char *done = heap_copy(root, strlen(root));
	const char *rest = path;
	struct stat st;
	int links = 0;

	while (*rest) {
		size_t n = strcspn(rest, "/");
		char *next = step(done, root, rest, n);
		char *target = next == done ? NULL : link_target(next);

		rest += n;
		if (target && ++links > LINKS) {
			errno = ELOOP;
			return NULL;
		}
		if (target) {
			rest = heap_print("%s%s", target, rest);
			if (strlen(rest) >= PATH_MAX) {
				errno = ENAMETOOLONG;
				return NULL;
			}
			if (target[0] == '/')
				done = heap_copy(root, strlen(root));
		} else {
			done = next;
		}
		rest += *rest == '/';
	}
	if (done[0] == '\0')
		done = heap_copy("/", 1);
	return stat(done, &st) == 0 ? done : NULL;
}

/* Of a folder: how many files, and the sum of their names' hashes (table.h). */
static void look_into(const char *host, struct stat *st)
{
	DIR *dir = opendir(host);
	struct dirent *entry;
	uint32_t sum = 0;
	uint32_t n = 0;

	st->st_mtim = (struct timespec){ 0 };
	st->st_size = 0;
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		struct stat own;

		if (entry->d_type == DT_DIR ||
		    (entry->d_type == DT_UNKNOWN &&
		     fstatat(dirfd(dir), entry->d_name, &own, AT_SYMLINK_NOFOLLOW) == 0 &&
		     S_ISDIR(own.st_mode)))
			continue;
		sum += table_name_hash(entry->d_name);
		n++;
	}
	closedir(dir);
	st->st_size = (off_t)((uint64_t)n << 32 | sum);
}

void source_note(struct sources *sources, const char *path, const char *host, struct stat *st)
{
	struct stat own;

	if (!st)
		st = &own;
	if (!host || stat(host, st) < 0)
		memset(st, 0, sizeof(*st));
	if (S_ISDIR(st->st_mode))
		look_into(host, st);
	for (uint32_t i = 0; i < sources->n; i++)
		if (strcmp(sources->at[i].path, path) == 0) {
			sources->at[i].st = *st;
			return;
		}
	sources->at = heap_grow(sources->at, sources->n, sizeof(*sources->at));
	sources->at[sources->n].path = path;
	sources->at[sources->n++].st = *st;
}

/* An open file as text of at most max bytes. */
static char *read_all(int fd, size_t max, size_t *size)
{
	size_t room = 4096;
	size_t n = 0;
	char *text = heap_take(room + 1);

	for (;;) {
		ssize_t got;

		if (n == room && room < max) {
			char *larger = heap_take(2 * room + 1);

			memcpy(larger, text, n);
			text = larger;
			room *= 2;
		}
		got = read(fd, text + n, (room < max ? room : max) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
	*size = n;
	return text;
}

char *source_read(const char *host, size_t max, size_t *size)
{
	struct stat st;
	char *text;
	int error;
	int fd;

	/* A look before the open: opening a device may do things. */
	if (stat(host, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	fd = open(host, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		errno = EINVAL;
		return NULL;
	}
	text = read_all(fd, max, size);
	error = errno;
	(void)close(fd);
	errno = error;
	return text;
}
