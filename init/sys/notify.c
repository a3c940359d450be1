#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void make_folder(struct sockaddr_un *address)
{
	char *end = strrchr(address->sun_path, '/');

	if (!end)
		return;
	*end = '\0';
	(void)mkdir(address->sun_path, 0755);
	*end = '/';
}

static int listen_at(int fd, const char *path, const struct sockaddr_un *address)
{
	static const int on = 1;

	(void)unlink(path);
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    chmod(path, 0666) < 0)
		return -errno;
	return fd;
}

int notify_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;
	int result;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	make_folder(&address);
	/* The C library's own calls bring what kernels before 2.6.27 needed. */
	fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	result = listen_at(fd, path, &address);
	if (result < 0)
		close(fd);
	return result;
}

int notify_take(int fd, char *buf, size_t cap, int32_t *pid, uint32_t *uid)
{
	/*
	 * Room for the credentials and for nothing else: descriptors follow them,
	 * and those that find no room the kernel closes itself (unix(7)).
	 */
	union {
		struct cmsghdr head;
		char room[CMSG_LEN(sizeof(struct ucred))];
	} control;
	struct iovec part = { .iov_base = buf, .iov_len = cap };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	struct ucred sender;
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*pid = 0;
	if (n < 0)
		return -errno;
	if ((message.msg_flags & MSG_TRUNC) || message.msg_controllen < sizeof(control.room) ||
	    control.head.cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&sender, CMSG_DATA(&control.head), sizeof(sender));
	if (sender.pid <= 0)
		return 0;
	*pid = sender.pid;
	*uid = sender.uid;
	return (int)n;
}

int ready_pipe(int fds[2])
{
	return syscall(SYS_pipe2, fds, O_CLOEXEC | O_NONBLOCK) < 0 ? -errno : 0;
}

int ready_read(int fd, bool *begun)
{
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return *begun ? 1 : -EPIPE;
	*begun = true;
	while (n--)
		if (buf[n] == '\n')
			return 1;
	return 0;
}
