#include "share.h"

#include <sys/mman.h>
#include <unistd.h>

void *share_memory(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	void *memory;

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, (off_t)size) == 0) {
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (memory != MAP_FAILED)
			return memory;
	}
	close(fd);
	return NULL;
}
