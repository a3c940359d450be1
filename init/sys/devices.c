#include "devices.h"

#include "files.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool devices_usable(void)
{
	struct stat st;

	return stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* "4:64" as /sys/class/tty/NAME/dev gives it; 0 if it is anything else. */
static dev_t parse_dev(const char *s)
{
	unsigned part[2] = { 0, 0 };
	int at = 0;

	for (; *s && *s != '\n'; s++) {
		if (*s == ':' && at == 0)
			at = 1;
		else if (*s >= '0' && *s <= '9' && part[at] < 100000)
			part[at] = part[at] * 10 + (unsigned)(*s - '0');
		else
			return 0;
	}
	return at ? makedev(part[0], part[1]) : 0;
}

static void make_console(const char *name)
{
	char node[40] = "/dev/";
	char attribute[64] = "/sys/class/tty/";
	char number[32];
	dev_t dev;

	if (strlen(name) > 24)
		return;
	strcat(node, name);
	strcat(attribute, name);
	strcat(attribute, "/dev");
	if (file_read(attribute, number, sizeof(number)) <= 0)
		return;
	dev = parse_dev(number);
	if (dev)
		(void)mknod(node, S_IFCHR | 0600, dev);
}

static void make_consoles(void)
{
	char active[256];
	char *name = active;

	make_console("tty1");
	if (file_read("/sys/class/tty/console/active", active, sizeof(active)) <= 0)
		return;
	while (*name) {
		size_t len = strcspn(name, " \n");
		bool last = !name[len];

		name[len] = '\0';
		if (len)
			make_console(name);
		name += len + !last;
	}
}

int devices_make(void)
{
	/* Documentation/admin-guide/devices.txt */
	static const struct {
		char path[16];
		mode_t mode;
		unsigned char major;
		unsigned char minor;
	} nodes[] = {
		{ "/dev/null", 0666, 1, 3 },    { "/dev/zero", 0666, 1, 5 },
		{ "/dev/full", 0666, 1, 7 },    { "/dev/random", 0666, 1, 8 },
		{ "/dev/urandom", 0666, 1, 9 }, { "/dev/kmsg", 0600, 1, 11 },
		{ "/dev/tty", 0666, 5, 0 },     { "/dev/console", 0600, 5, 1 },
	};
	int err = 0;

	for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		mode_t mask = umask(0);

		if (mknod(nodes[i].path, S_IFCHR | nodes[i].mode,
			  makedev(nodes[i].major, nodes[i].minor)) < 0 &&
		    errno != EEXIST && i == 0)
			err = -errno;
		umask(mask);
	}
	make_consoles();
	return err;
}

void devices_link(void)
{
	(void)symlink("/proc/self/fd", "/dev/fd");
	(void)symlink("fd/0", "/dev/stdin");
	(void)symlink("fd/1", "/dev/stdout");
	(void)symlink("fd/2", "/dev/stderr");
	if (access("/dev/ptmx", F_OK) < 0)
		(void)symlink("pts/ptmx", "/dev/ptmx");
}
