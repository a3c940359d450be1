/* stdio_fds: whatever is closed at the beginning, 0 to 2 are open afterwards. */
#include "stdio_fds.h"

#include "pty.h"

/* Stories write to 2 what went wrong; here 2 may be anything, so it is put aside. */
enum {
	ASIDE = 60,
};

static void put_aside(void)
{
	want(dup3(2, ASIDE, O_CLOEXEC) == ASIDE);
}

#define want_aside(c)                                                                    \
	do {                                                                             \
		if (!(c)) {                                                              \
			dprintf(ASIDE, "# %s:%d: not so: %s\n", __FILE__, __LINE__, #c); \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void close_some(unsigned which)
{
	for (int fd = 0; fd <= 2; fd++)
		if (which & 1u << fd)
			close(fd);
}

static void fill_and_count(unsigned which)
{
	int before = count_fds();

	close_some(which);
	stdio_fds_fill();
	for (int fd = 0; fd <= 2; fd++) {
		want_aside(is_open(fd));
		want_aside(!(fcntl(fd, F_GETFD) & FD_CLOEXEC)); /* children inherit them */
	}
	want_aside(count_fds() == before); /* and nothing else has been opened */
	stdio_fds_fill();
	want_aside(count_fds() == before);
}

static void every_mixture_is_filled(void)
{
	put_aside();
	for (unsigned which = 0; which < 8; which++)
		fill_and_count(which);
}

/* Not even a null device: something must be there all the same. */
static void filled_in_an_empty_root(void)
{
	put_aside();
	enter_empty_root();
	close_some(7);
	stdio_fds_fill();
	for (int fd = 0; fd <= 2; fd++)
		want_aside(is_open(fd));
}

static bool is_same_device(int fd, const char *path)
{
	struct stat a;
	struct stat b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && S_ISCHR(a.st_mode) &&
	       a.st_rdev == b.st_rdev;
}

static void attached_to_the_console(void)
{
	struct pty pty;
	char said[16];
	int before;

	want(setsid() > 0);
	pty = pty_make();
	put_aside();
	want(mount(pty.path, "/dev/console", NULL, MS_BIND, NULL) == 0);
	close_some(7);
	stdio_fds_fill();
	before = count_fds();
	want_aside(stdio_fds_attach() == 0);
	want_aside(count_fds() == before);
	want_aside(is_same_device(0, "/dev/null"));
	want_aside(is_same_device(1, pty.path) && is_same_device(2, pty.path));
	for (int fd = 0; fd <= 2; fd++) {
		want_aside(!(fcntl(fd, F_GETFL) & O_NONBLOCK)); /* programs expect that */
		want_aside(!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	}
	want_aside(write(2, "hello\n", 6) == 6);
	want_aside(pty_read(&pty, said, 0, sizeof(said)) == 6);
	want_aside(open("/dev/tty", O_RDWR) < 0); /* it controls nobody */
}

/* No console: what scripts print goes to the null device. */
static void attached_without_a_console(void)
{
	char path[64];
	int host = open("/dev/null", O_PATH | O_CLOEXEC);

	put_aside();
	want(mount("place", "/tmp", "tmpfs", 0, "mode=0755") == 0);
	want(mkdir("/tmp/dev", 0755) == 0);
	write_file("/tmp/dev/null", "");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", host);
	want(mount(path, "/tmp/dev/null", NULL, MS_BIND, NULL) == 0);
	want(chroot("/tmp") == 0 && chdir("/") == 0);
	want_aside(stdio_fds_attach() == -ENOENT);
	for (int fd = 0; fd <= 2; fd++)
		want_aside(is_same_device(fd, "/dev/null"));
}

/* Neither: what was there stays, for want of anything better. */
static void attached_in_an_empty_root(void)
{
	struct stat before;
	struct stat after;

	put_aside();
	want(fstat(1, &before) == 0);
	enter_empty_root();
	want_aside(stdio_fds_attach() == -ENOENT);
	want_aside(fstat(1, &after) == 0);
	want_aside(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(every_mixture_is_filled),
		STORY_IN(CLONE_NEWNS, filled_in_an_empty_root),
		STORY_IN(CLONE_NEWNS, attached_to_the_console),
		STORY_IN(CLONE_NEWNS, attached_without_a_console),
		STORY_IN(CLONE_NEWNS, attached_in_an_empty_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
