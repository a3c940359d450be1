/*
 * mounts: the table, in a root of its own.
 *
 * Each story has new namespaces and an empty tmpfs as root.  With CLONE_NEWUSER
 * the kernel refuses devtmpfs and device nodes, as it does in a container.
 */
#include "mounts.h"

#include "place.h"

#include <mntent.h>
#include <sys/sysmacros.h>

enum {
	SPACES = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP,
	REPORTS = 16,
};

static bool is_root; /* on the host, not only in a namespace */

static struct mount_report reports[REPORTS];
static int n_reports;
static int a_context;

static void keep_report(void *ctx, const struct mount_report *r)
{
	want(ctx == &a_context);
	want(n_reports < REPORTS);
	want(r->err > 0);
	reports[n_reports++] = *r;
}

static bool mount_all(void)
{
	n_reports = 0;
	return mounts_all(keep_report, &a_context);
}

static const struct mount_report *report_on(const char *path)
{
	for (int i = 0; i < n_reports; i++)
		if (strcmp(reports[i].path, path) == 0)
			return &reports[i];
	return NULL;
}

static void make_folders(void)
{
	static const char *const names[] = {
		"/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/run", "/tmp",
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		want(mkdir(names[i], 0755) == 0);
}

/* --- what is mounted ------------------------------------------------------------------ */

/* How often path is a mount point; *entry is the last of its entries. */
static int find_mount(const char *path, struct mntent *entry)
{
	static char buf[4096];
	FILE *file = setmntent("/proc/self/mounts", "re");
	struct mntent one;
	int n = 0;

	want(file != NULL);
	memset(entry, 0, sizeof(*entry));
	while (getmntent_r(file, &one, buf, sizeof(buf))) {
		if (strcmp(one.mnt_dir, path) != 0)
			continue;
		n++;
		entry->mnt_type = strdup(one.mnt_type);
		entry->mnt_opts = strdup(one.mnt_opts);
	}
	(void)endmntent(file);
	return n;
}

struct expected {
	const char *path;
	const char *type;
	const char *options[6];
	const char *absent;
};

static const struct expected table[] = {
	{ "/proc", "proc", { "nosuid", "nodev", "noexec" }, NULL },
	{ "/sys", "sysfs", { "nosuid", "nodev", "noexec" }, NULL },
	{ "/dev", "devtmpfs", { "nosuid", "noexec", "mode=755" }, "nodev" },
	{ "/dev/pts", "devpts", { "nosuid", "noexec", "mode=620", "ptmxmode=666" }, "nodev" },
	{ "/dev/shm", "tmpfs", { "nosuid", "nodev" }, "noexec" },
	{ "/run", "tmpfs", { "nosuid", "nodev", "mode=755" }, "noexec" },
	{ "/tmp", "tmpfs", { "nosuid", "nodev" }, "noexec" },
	{ "/sys/fs/cgroup", "cgroup2", { "nosuid", "nodev", "noexec" }, NULL },
};

static void want_mounted(const struct expected *e)
{
	struct mntent entry;

	want_equal(find_mount(e->path, &entry), 1);
	if (strcmp(entry.mnt_type, e->type) != 0) {
		dprintf(2, "# %s is a %s, not a %s\n", e->path, entry.mnt_type, e->type);
		_exit(1);
	}
	for (size_t i = 0; i < COUNT_OF(e->options) && e->options[i]; i++) {
		if (hasmntopt(&entry, e->options[i]))
			continue;
		dprintf(2, "# %s has no %s: %s\n", e->path, e->options[i], entry.mnt_opts);
		_exit(1);
	}
	if (e->absent)
		want(!hasmntopt(&entry, e->absent));
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	want(stat(path, &st) == 0);
	return st.st_mode & 07777;
}

static void want_link(const char *path, const char *target)
{
	char buf[64] = "";

	want(readlink(path, buf, sizeof(buf) - 1) > 0);
	want(strcmp(buf, target) == 0);
}

/* --- all is well ------------------------------------------------------------------------ */

static void the_table_is_mounted(void)
{
	struct mntent pts;

	enter_empty_root();
	if (is_root) {
		want(mount_all());
		want_equal(n_reports, 0);
		(void)find_mount("/dev/pts", &pts);
		want(hasmntopt(&pts, "gid=5"));
	} else {
		/* The kernel lets nobody else mount a devtmpfs. */
		want(!mount_all());
		want(report_on("/dev") && report_on("/dev")->err == EPERM);
	}
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (is_root || strcmp(table[i].type, "devtmpfs") != 0)
			want_mounted(&table[i]);
	want_equal(mode_of("/tmp"), 01777);
	want_equal(mode_of("/dev/shm"), 01777);
	want_equal(mode_of("/run"), 0755);
	want_link("/dev/fd", "/proc/self/fd");
}

static void a_second_time_changes_nothing(void)
{
	struct mntent entry;

	enter_empty_root();
	(void)mount_all();
	write_file("/run/mark", "");
	write_file("/tmp/mark", "");
	(void)mount_all();
	if (is_root)
		want_equal(n_reports, 0);
	for (size_t i = 0; i < COUNT_OF(table); i++)
		want(find_mount(table[i].path, &entry) <= 1);
	want(access("/run/mark", F_OK) == 0);
	want(access("/tmp/mark", F_OK) == 0);
}

/* Catalogue D5: what an initramfs has filled is not mounted over. */
static void what_is_mounted_already_stays(void)
{
	static const char *const paths[] = { "/run", "/tmp", "/dev/shm" };
	struct mntent entry;
	char mark[64];

	enter_empty_root();
	make_folders();
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		want(mount("before", paths[i], "tmpfs", 0, "mode=0700") == 0);
		(void)snprintf(mark, sizeof(mark), "%s/mark", paths[i]);
		write_file(mark, "");
	}
	/* /dev/shm disappears under /dev, which is not populated. */
	(void)mount_all();
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(mark, sizeof(mark), "%s/mark", paths[i]);
		want(access(mark, F_OK) == 0);
		want_equal(find_mount(paths[i], &entry), 1);
		want_equal(mode_of(paths[i]), 0700);
	}
}

/* A bind mount of the root's own file system is a mount point like any other. */
static void what_is_bound_already_stays(void)
{
	struct mntent entry;

	enter_empty_root();
	make_folders();
	want(mkdir("/store", 0755) == 0);
	write_file("/store/mark", "");
	want(mount("/store", "/run", NULL, MS_BIND, NULL) == 0);
	want(mount("/tmp", "/tmp", NULL, MS_BIND, NULL) == 0);
	write_file("/tmp/mark", "");
	(void)mount_all();
	want(access("/run/mark", F_OK) == 0);
	want(access("/tmp/mark", F_OK) == 0);
	want_equal(find_mount("/run", &entry), 1);
	want_equal(find_mount("/tmp", &entry), 1);
	want(!report_on("/run") && !report_on("/tmp"));
}

/* --- a container, and other places where not all can be had ------------------------------ */

/* The null device of the host at /dev/null of the new root. */
static void enter_root_with_null(void)
{
	char path[64];
	int host = open("/dev/null", O_PATH | O_CLOEXEC);

	want(host >= 0);
	want(mount("place", "/tmp", "tmpfs", 0, "mode=0755") == 0);
	want(mkdir("/tmp/dev", 0755) == 0);
	write_file("/tmp/dev/null", "");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", host);
	want(mount(path, "/tmp/dev/null", NULL, MS_BIND, NULL) == 0);
	close(host);
	want(chroot("/tmp") == 0 && chdir("/") == 0);
}

static void a_dev_with_its_nodes_serves(void)
{
	struct mntent entry;

	enter_root_with_null();
	want(mount_all());
	want(report_on("/dev") && report_on("/dev")->makeshift);
	want(!report_on("/dev")->required);
	want_equal(report_on("/dev")->err, EPERM);
	want_equal(find_mount("/dev", &entry), 0); /* and is left as it is */
	want(access("/dev/null", W_OK) == 0);
	want_equal(find_mount("/proc", &entry), 1);
	want_equal(find_mount("/run", &entry), 1);
}

static void a_dev_without_nodes_does_not(void)
{
	enter_empty_root();
	want(!mount_all());
	want(report_on("/dev") && report_on("/dev")->required);
	want(!report_on("/dev")->makeshift);
	want_equal(report_on("/dev")->err, EPERM);
	want(!report_on("/proc") && !report_on("/run") && !report_on("/tmp"));
}

/* One user mapped, as in most containers: group 5 is not there. */
static void a_container_has_its_terminals(void)
{
	struct mntent entry;

	enter_root_with_null();
	want(mount_all());
	want(!report_on("/dev/pts"));
	want_equal(find_mount("/dev/pts", &entry), 1);
	want(hasmntopt(&entry, "mode=620") && hasmntopt(&entry, "ptmxmode=666"));
}

static void make_read_only(void)
{
	want(mount("place", "/", NULL, MS_REMOUNT | MS_RDONLY | MS_BIND, NULL) == 0);
}

static void a_read_only_root_with_its_folders(void)
{
	struct mntent entry;

	enter_empty_root();
	make_folders();
	make_read_only();
	want_equal(mount_all(), is_root);
	want(!report_on("/proc") && !report_on("/run") && !report_on("/tmp"));
	want_equal(find_mount("/run", &entry), 1);
	write_file("/run/mark", "");
}

static void a_read_only_root_without_folders(void)
{
	static const char *const missing[] = { "/proc", "/sys", "/dev", "/run", "/tmp" };

	enter_empty_root();
	make_read_only();
	want(!mount_all());
	want_equal(n_reports, COUNT_OF(table)); /* one line each, and on it goes */
	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		const struct mount_report *r = report_on(missing[i]);

		want(r && r->no_dir && !r->makeshift);
		want_equal(r->err, EROFS);
		want_equal(r->required,
			   strcmp(r->path, "/proc") == 0 || strcmp(r->path, "/dev") == 0);
	}
}

static void something_else_is_in_the_way(void)
{
	enter_empty_root();
	write_file("/run", "a file");
	want(symlink("nowhere", "/tmp") == 0);
	want_equal(mount_all(), is_root);
	want(report_on("/run") && report_on("/run")->err == ENOTDIR && !report_on("/run")->no_dir);
	want(report_on("/tmp") && report_on("/tmp")->err == ENOENT);
	want(!report_on("/run")->required && !report_on("/proc"));
}

static void links_that_are_there_stay(void)
{
	enter_root_with_null();
	want(symlink("mine", "/dev/stdin") == 0);
	write_file("/dev/fd", "");
	(void)mount_all();
	want_link("/dev/stdin", "mine");
	want_link("/dev/stdout", "fd/1");
	want_link("/dev/stderr", "fd/2");
	want_link("/dev/ptmx", "pts/ptmx");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY_IN(SPACES, the_table_is_mounted),
		STORY_IN(SPACES, a_second_time_changes_nothing),
		STORY_IN(SPACES, what_is_mounted_already_stays),
		STORY_IN(SPACES, what_is_bound_already_stays),
		STORY_IN(SPACES | CLONE_NEWUSER, what_is_bound_already_stays),
		STORY_IN(SPACES | CLONE_NEWUSER, a_dev_with_its_nodes_serves),
		STORY_IN(SPACES | CLONE_NEWUSER, a_dev_without_nodes_does_not),
		STORY_IN(SPACES | CLONE_NEWUSER, a_container_has_its_terminals),
		STORY_IN(SPACES, a_read_only_root_with_its_folders),
		STORY_IN(SPACES, a_read_only_root_without_folders),
		STORY_IN(SPACES, something_else_is_in_the_way),
		STORY_IN(SPACES | CLONE_NEWUSER, links_that_are_there_stay),
	};

	is_root = getuid() == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
