#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

int loop_open(void)
{
	int loop = epoll_create1(EPOLL_CLOEXEC);

	return loop < 0 ? -errno : loop;
}

int loop_add(int loop, int fd, uint32_t unit)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.u64 = (uint64_t)unit << 32 | (uint32_t)fd;
	return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void loop_close(int loop, int fd)
{
	(void)epoll_ctl(loop, EPOLL_CTL_DEL, fd, NULL);
	close(fd);
}

int loop_next(int loop, int *fd, uint32_t *unit)
{
	struct epoll_event event;

	if (epoll_wait(loop, &event, 1, 0) != 1)
		return 0;
	*fd = (int)(event.data.u64 & 0xffffffff);
	*unit = (uint32_t)(event.data.u64 >> 32);
	return 1;
}
