/*
 * unmount: what holds data is unmounted or made read-only, in a root of its own.
 *
 * Overlays stand for disks: they hold data in the eyes of the code under test, and
 * need no device.  A private root is a must: made read-only is a whole file system,
 * not a mount.  For the same reason no file system of the host is bound into it.
 */
#include "unmount.h"

#include "place.h"

enum {
	SPACES = CLONE_NEWNS | CLONE_NEWPID,
	REPORTS = 16,
	MANY = 900, /* mounts: more than a table of 64 KiB names at once */
};

static char reported[REPORTS][256];
static int n_reported;

static void keep(void *ctx, const char *path, int err)
{
	want(ctx == reported);
	want(n_reported < REPORTS);
	want(err > 0);
	(void)snprintf(reported[n_reported++], sizeof(reported[0]), "%s", path);
}

static void run(void)
{
	n_reported = 0;
	unmount_all(keep, reported);
}

static void make_disk(const char *path)
{
	static int n;
	char upper[64];
	char work[64];
	char options[256];

	n++;
	(void)snprintf(upper, sizeof(upper), "/store/upper%d", n);
	(void)snprintf(work, sizeof(work), "/store/work%d", n);
	(void)snprintf(options, sizeof(options), "lowerdir=/store/lower,upperdir=%s,workdir=%s",
		       upper, work);
	want(mkdir(upper, 0755) == 0 && mkdir(work, 0755) == 0);
	want(mkdir(path, 0755) == 0 || errno == EEXIST);
	want(mount("disk", path, "overlay", 0, options) == 0);
}

static void enter_root(void)
{
	enter_empty_root();
	want(mkdir("/proc", 0755) == 0 && mkdir("/store", 0755) == 0);
	want(mkdir("/store/lower", 0755) == 0);
	want(mount("proc", "/proc", "proc", 0, NULL) == 0);
}

/* How many lines of the table name the path, as the table spells it. */
static int mounts_at(const char *path)
{
	static char line[4096];
	char middle[300];
	FILE *file = fopen("/proc/self/mounts", "re");
	int n = 0;

	want(file != NULL);
	(void)snprintf(middle, sizeof(middle), " %s ", path);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, middle) != NULL;
	(void)fclose(file);
	return n;
}

static bool is_read_only(const char *dir)
{
	char path[300];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/mark", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 && errno == EROFS;
}

static void nested_mounts_go(void)
{
	enter_root();
	make_disk("/a");
	make_disk("/a/b");
	make_disk("/a/b/c");
	make_disk("/d");
	make_disk("/d"); /* one on top of the other */
	run();
	want_equal(mounts_at("/a") + mounts_at("/a/b") + mounts_at("/a/b/c") + mounts_at("/d"), 0);
	want_equal(n_reported, 0);
}

/* The table spells a blank as \040, and a backslash as \134. */
static void names_with_blanks_go(void)
{
	static const char *const names[] = {
		"/with blank", "/with\ttab",          "/with\nnew line", "/with\\backslash", "/ ",
		"/\\040",      "/gr\xc3\xbc\xc3\x9f", "/#hash",          "/\"quoted\"",
	};

	enter_root();
	for (size_t i = 0; i < COUNT_OF(names); i++)
		make_disk(names[i]);
	run();
	want_equal(n_reported, 0);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		want(!is_read_only(names[i]) && access(names[i], F_OK) == 0);
	want_equal(mounts_at("/with\\040blank") + mounts_at("/\\040") +
			   mounts_at("/with\\134backslash") + mounts_at("/#hash"),
		   0);
}

/* Somebody still reads a file there: it cannot go, but nothing more is written. */
static void what_is_busy_becomes_read_only(void)
{
	int fd;

	enter_root();
	make_disk("/busy");
	make_disk("/idle");
	write_file("/busy/file", "x");
	fd = open("/busy/file", O_RDONLY | O_CLOEXEC);
	want(fd >= 0);
	run();
	want_equal(mounts_at("/busy"), 1);
	want(is_read_only("/busy"));
	want_equal(mounts_at("/idle"), 0);
	want_equal(n_reported, 0);
	close(fd);
	run();
	want_equal(mounts_at("/busy"), 0);
}

/* Somebody still writes: that is reported, and holds up nobody else. */
static void what_is_being_written_is_reported(void)
{
	int fd;

	enter_root();
	make_disk("/first");
	make_disk("/open\tfile");
	make_disk("/last");
	fd = open("/open\tfile/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	want(fd >= 0);
	run();
	want_equal(mounts_at("/first") + mounts_at("/last"), 0);
	if (!is_read_only("/open\tfile")) { /* not every kernel counts an overlay's writers */
		want_equal(n_reported, 1);
		want(strcmp(reported[0], "/open\tfile") == 0);
	}
}

static void what_lives_in_memory_stays(void)
{
	enter_root();
	want(mkdir("/run", 0755) == 0);
	want(mount("run", "/run", "tmpfs", 0, NULL) == 0);
	make_disk("/disk");
	want(mkdir("/disk/run", 0755) == 0);
	want(mount("run", "/disk/run", "tmpfs", 0, NULL) == 0);
	run();
	want_equal(mounts_at("/run"), 1);
	want_equal(mounts_at("/proc"), 1);
	want(!is_read_only("/run"));
	want_equal(mounts_at("/disk/run"), 1); /* it is in use, so the disk below it */
	want_equal(mounts_at("/disk"), 1);
	want(is_read_only("/disk")); /* is made read-only */
	want_equal(n_reported, 0);
}

static void the_root_becomes_read_only(void)
{
	enter_empty_root();
	want(mkdir("/store", 0755) == 0 && mkdir("/store/lower", 0755) == 0);
	make_disk("/root");
	want(mkdir("/root/proc", 0755) == 0);
	want(chroot("/root") == 0 && chdir("/") == 0);
	want(mount("proc", "/proc", "proc", 0, NULL) == 0);
	want(!is_read_only("/"));
	run();
	want(is_read_only("/"));
	want_equal(n_reported, 0);
}

/* Without /proc nobody knows what is mounted; the root is known to be. */
static void without_a_table_the_root_still_does(void)
{
	enter_empty_root();
	want(mkdir("/store", 0755) == 0 && mkdir("/store/lower", 0755) == 0);
	make_disk("/root");
	want(chroot("/root") == 0 && chdir("/") == 0);
	run();
	want(is_read_only("/"));
	want_equal(n_reported, 0);
}

static void more_mounts_than_the_table_holds(void)
{
	char path[160];

	enter_root();
	make_disk("/disk");
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(path, sizeof(path), "/%0100d", i);
		want(mkdir(path, 0755) == 0);
		want(mount("/disk", path, NULL, MS_BIND, NULL) == 0);
	}
	run();
	for (int i = 0; i < MANY; i += 100) {
		(void)snprintf(path, sizeof(path), "/%0100d", i);
		want_equal(mounts_at(path), 0);
	}
	want_equal(mounts_at("/disk"), 0);
	want_equal(n_reported, 0);
}

/* A source may be the empty string, and its field in the table with it. */
static void a_mount_without_a_source_goes(void)
{
	enter_root();
	want(mkdir("/store/upper", 0755) == 0 && mkdir("/store/work", 0755) == 0);
	want(mkdir("/empty", 0755) == 0);
	want(mount("", "/empty", "overlay", 0,
		   "lowerdir=/store/lower,upperdir=/store/upper,workdir=/store/work") == 0);
	run();
	want_equal(mounts_at("/empty"), 0);
	want_equal(n_reported, 0);
}

/* --- swap ------------------------------------------------------------------------------------ */

/*
 * The table is a file of ours, and names what is no swap area: the host's own must
 * stay as they are.  What is shown is that no line of it stops or breaks anything.
 */
static void swap_tables_of_all_kinds(void)
{
	static const char *const tables[] = {
		"",
		"\n",
		"Filename Type Size Used Priority\n",
		"Filename Type Size Used Priority\n/swap\\040file file 1 0 -2\n/dev/zram0\n",
		"/no-newline-at-the-end",
		"/broken\\04 file\n/broken\\\n/broken\\9 x\n\\\n \n\t\t\n",
	};

	enter_empty_root();
	want(access("/proc", F_OK) < 0);
	unmount_swap(); /* no table */
	want(mkdir("/proc", 0755) == 0);
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		write_file("/proc/swaps", tables[i]);
		unmount_swap();
	}
	want(access("/proc/swaps", F_OK) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_IN(SPACES, nested_mounts_go),
		STORY_IN(SPACES, names_with_blanks_go),
		STORY_IN(SPACES, what_is_busy_becomes_read_only),
		STORY_IN(SPACES, what_is_being_written_is_reported),
		STORY_IN(SPACES, what_lives_in_memory_stays),
		STORY_IN(SPACES, the_root_becomes_read_only),
		STORY_IN(SPACES, without_a_table_the_root_still_does),
		STORY_IN(SPACES, more_mounts_than_the_table_holds),
		STORY_IN(SPACES, a_mount_without_a_source_goes),
		STORY_IN(SPACES, swap_tables_of_all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
