/* devices: the nodes of a /dev that no kernel fills, in a root of its own. */
#include "devices.h"

#include "place.h"

#include <sys/sysmacros.h>

static bool is_root; /* on the host: nobody else may make a device node */

static void want_node(const char *path, mode_t mode, unsigned major_number, unsigned minor_number)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode)) {
		dprintf(2, "# %s is no device\n", path);
		_exit(1);
	}
	want_equal(st.st_mode & 07777, mode);
	want_equal(major(st.st_rdev), major_number);
	want_equal(minor(st.st_rdev), minor_number);
}

static void enter_root_with_dev(void)
{
	enter_empty_root();
	want(mkdir("/dev", 0755) == 0);
}

static void makes_the_nodes_all_programs_expect(void)
{
	enter_root_with_dev();
	want(!devices_usable());
	(void)umask(077); /* must not reach the nodes' modes */
	want_equal(devices_make(), is_root ? 0 : -EPERM);
	want_equal(umask(077), 077);
	want_equal(devices_usable(), is_root);
	if (!is_root)
		return;
	want_node("/dev/null", 0666, 1, 3);
	want_node("/dev/zero", 0666, 1, 5);
	want_node("/dev/full", 0666, 1, 7);
	want_node("/dev/random", 0666, 1, 8);
	want_node("/dev/urandom", 0666, 1, 9);
	want_node("/dev/kmsg", 0600, 1, 11);
	want_node("/dev/tty", 0666, 5, 0);
	want_node("/dev/console", 0600, 5, 1);
	want_equal(devices_make(), 0); /* once more: they are there */
}

/* A file that a shell made in its place is no null device. */
static void a_file_is_no_null_device(void)
{
	enter_root_with_dev();
	write_file("/dev/null", "garbage");
	want(!devices_usable());
	want(unlink("/dev/null") == 0);
	want(mkdir("/dev/null", 0755) == 0);
	want(!devices_usable());
	want(rmdir("/dev/null") == 0);
	want(symlink("null", "/dev/null") == 0);
	want(!devices_usable());
}

static void make_sysfs(void)
{
	want(mkdir("/sys", 0755) == 0 && mkdir("/sys/class", 0755) == 0);
	want(mkdir("/sys/class/tty", 0755) == 0 && mkdir("/sys/class/tty/console", 0755) == 0);
}

static void make_attribute(const char *name, const char *number)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/sys/class/tty/%s", name);
	want(mkdir(path, 0755) == 0);
	(void)snprintf(path, sizeof(path), "/sys/class/tty/%s/dev", name);
	write_file(path, number);
}

/* The consoles' numbers come from sysfs; what is nonsense there makes no node. */
static void makes_the_consoles_nodes(void)
{
	static const char *const nonsense[] = { "word", "none", "minus", "long" };
	char path[64];

	enter_root_with_dev();
	make_sysfs();
	write_file("/sys/class/tty/console/active",
		   "ttyS3 word none minus long ../../dev/up missing "
		   "a-name-that-is-longer-than-any-of-a-device hvc0\n");
	make_attribute("tty1", "4:1\n");
	make_attribute("ttyS3", "4:67\n");
	make_attribute("hvc0", "229:0");
	make_attribute("word", "none\n");
	make_attribute("none", "");
	make_attribute("minus", "-4:67\n");
	make_attribute("long", "99999999999:1\n");
	want_equal(devices_make(), is_root ? 0 : -EPERM);
	for (size_t i = 0; i < COUNT_OF(nonsense); i++) {
		(void)snprintf(path, sizeof(path), "/dev/%s", nonsense[i]);
		want(access(path, F_OK) < 0);
	}
	if (!is_root)
		return;
	want_node("/dev/tty1", 0600, 4, 1);
	want_node("/dev/ttyS3", 0600, 4, 67);
	want_node("/dev/hvc0", 0600, 229, 0);
}

static void a_list_of_any_shape(void)
{
	static const char *const lists[] = { "", "\n", " ", "x", " x \n\n y", "\n\nx\n" };

	enter_root_with_dev();
	make_sysfs();
	make_attribute("x", "4:64\n");
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		write_file("/sys/class/tty/console/active", lists[i]);
		want_equal(devices_make(), is_root ? 0 : -EPERM);
		want_equal(access("/dev/x", F_OK) == 0, is_root && strchr(lists[i], 'x'));
		(void)unlink("/dev/x");
	}
}

static void links_lead_to_the_descriptors(void)
{
	static const char *const links[][2] = {
		{ "/dev/fd", "/proc/self/fd" }, { "/dev/stdin", "fd/0" },
		{ "/dev/stdout", "fd/1" },      { "/dev/stderr", "fd/2" },
		{ "/dev/ptmx", "pts/ptmx" },
	};
	char buf[64];

	enter_root_with_dev();
	for (int twice = 0; twice < 2; twice++) {
		devices_link();
		for (size_t i = 0; i < COUNT_OF(links); i++) {
			memset(buf, 0, sizeof(buf));
			want(readlink(links[i][0], buf, sizeof(buf) - 1) > 0);
			want(strcmp(buf, links[i][1]) == 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_IN(CLONE_NEWNS, makes_the_nodes_all_programs_expect),
		STORY_IN(CLONE_NEWNS, a_file_is_no_null_device),
		STORY_IN(CLONE_NEWNS, makes_the_consoles_nodes),
		STORY_IN(CLONE_NEWNS, a_list_of_any_shape),
		STORY_IN(CLONE_NEWNS, links_lead_to_the_descriptors),
	};

	is_root = getuid() == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
