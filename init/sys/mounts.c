#include "mounts.h"

#include "devices.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	API = MS_NOSUID | MS_NODEV | MS_NOEXEC, /* nothing there is a program */
	DATA = MS_NOSUID | MS_NODEV,            /* programs may be run from there */
	NODES = MS_NOSUID | MS_NOEXEC,          /* device nodes are the point */
};

static const struct wanted {
	const char *path;
	const char *type;
	const char *data;
	const char *less; /* data for a kernel or container that refuses the former; NULL: none */
	unsigned long flags;
	mode_t mode; /* of the mount point, if it has to be made */
	bool required;
} wanted[] = {
	{ "/proc", "proc", NULL, NULL, API, 0555, true },
	{ "/sys", "sysfs", NULL, NULL, API, 0555, false },
	{ "/dev", "devtmpfs", "mode=0755", NULL, NODES, 0755, true },
	{ "/dev/pts", "devpts", "gid=5,mode=0620,ptmxmode=0666", "mode=0620,ptmxmode=0666", NODES,
	  0755, false },
	{ "/dev/shm", "tmpfs", "mode=1777", NULL, DATA, 0755, false },
	{ "/run", "tmpfs", "mode=0755", NULL, DATA, 0755, false },
	{ "/tmp", "tmpfs", "mode=1777", NULL, DATA, 0755, false },
	{ "/sys/fs/cgroup", "cgroup2", "nsdelegate", "", API, 0755, false },
};

/*
 * Is something mounted on path?  A walk that must not cross a mount tells, also
 * of a bind mount of the same file system (openat2(2), Linux 5.6); on older
 * kernels a mount point lies on another device than its parent.
 */
static bool is_mount_point(const char *path)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV };
	const char *name = strrchr(path, '/') + 1;
	char parent[64] = "/";
	struct stat here;
	struct stat above;
	int dir;
	int fd;
	int err;

	strncat(parent, path + 1, (size_t)(name - path - 1));
	dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof(how));
	err = errno;
	if (dir >= 0)
		close(dir);
	if (fd >= 0)
		close(fd);
	if (fd >= 0 || (err != ENOSYS && err != EPERM))
		return fd < 0 && err == EXDEV;
	strcpy(parent, path);
	strcat(parent, "/..");
	return stat(path, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

static int mount_one(const struct wanted *w, const char *type, const char *data)
{
	if (mount(type, w->path, type, w->flags, data) == 0 || errno == EBUSY)
		return 0;
	return -errno;
}

/* A kernel without devtmpfs, or a container that may not mount one. */
static int makeshift_dev(const struct wanted *w)
{
	int err;

	if (devices_usable())
		return 0;
	err = mount_one(w, "tmpfs", w->data);
	if (!err)
		err = devices_make();
	return err;
}

static bool is_dev(const struct wanted *w)
{
	return strcmp(w->type, "devtmpfs") == 0;
}

bool mounts_all(void (*report)(void *ctx, const struct mount_report *r), void *ctx)
{
	bool complete = true;

	for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct wanted *w = &wanted[i];
		struct mount_report r = { .path = w->path, .type = w->type };
		int err = 0;

		if (is_mount_point(w->path))
			continue;
		if (mkdir(w->path, w->mode) < 0 && errno != EEXIST) {
			r.no_dir = true;
			err = -errno;
		} else {
			err = mount_one(w, w->type, w->data);
			if (err == -EINVAL && w->less)
				err = mount_one(w, w->type, w->less);
		}
		if (!err)
			continue;
		r.err = -err;
		r.makeshift = is_dev(w) && makeshift_dev(w) == 0;
		r.required = w->required && !r.makeshift;
		complete &= !r.required;
		report(ctx, &r);
	}
	devices_link();
	return complete;
}
