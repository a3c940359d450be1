/* The part of image.h that writes. */
#include "heap.h"
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The folders above a file. */
static void make_folders(const char *file)
{
	char *path = heap_copy(file, strlen(file));

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755); /* if it fails, so does the file */
		*slash = '/';
	}
}

/* The name of a file is safe once its folder is. */
static void sync_folder(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *dir = !slash          ? "."
			  : slash == file ? "/"
					  : heap_copy(file, (size_t)(slash - file));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

int image_write(const char *file, const void *data, size_t size)
{
	char *temporary = heap_print("%s.XXXXXX", file);
	int error;
	int fd;

	make_folders(file);
	fd = mkstemp(temporary);
	if (fd < 0)
		return -errno;
	error = write_all(fd, data, size);
	if (!error && (fchmod(fd, 0644) < 0 || fsync(fd) < 0))
		error = -errno;
	if (close(fd) < 0 && !error)
		error = -errno;
	if (!error && rename(temporary, file) < 0)
		error = -errno;
	if (error)
		(void)unlink(temporary);
	else
		sync_folder(file);
	return error;
}
