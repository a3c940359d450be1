#include "map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or -errno. */
static int read_all(int fd, char *to, size_t size)
{
	while (size) {
		ssize_t n = read(fd, to, size);

		if (n <= 0)
			return n < 0 ? -errno : -EAGAIN;
		to += n;
		size -= (size_t)n;
	}
	return 0;
}

static int size_of(int fd, size_t max, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	*size = (size_t)st.st_size;
	return *size ? 0 : -ENODATA;
}

static int copy(int fd, size_t size, void **out)
{
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (data == MAP_FAILED)
		return -errno;
	err = read_all(fd, data, size);
	if (err) {
		(void)munmap(data, size);
		return err;
	}
	(void)mprotect(data, size, PROT_READ);
	*out = data;
	return 0;
}

const void *map_file(const char *path, size_t max, size_t *size, int *err)
{
	void *data = NULL;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		*err = -errno;
		return NULL;
	}
	*err = size_of(fd, max, size);
	if (!*err)
		*err = copy(fd, *size, &data);
	close(fd);
	return data;
}

void map_free(const void *data, size_t size)
{
	/* munmap(2) takes what it gives back as if it would change it. */
	const union {
		const void *in;
		void *out;
	} same = { data };

	(void)munmap(same.out, size);
}

int source_stat(const char *path, struct source_stat *out)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	out->mode = st.st_mode;
	out->size = (uint64_t)st.st_size;
	out->mtime_s = st.st_mtim.tv_sec;
	out->mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	return 0;
}
