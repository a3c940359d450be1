/* system and clock: what kind of place this is, its name, and the time. */
#include "system.h"

#include "clock.h"
#include "place.h"

/* The kernel's own threads show only to the machine, not to a container. */
static bool sees_kernel_threads(void)
{
	char name[32] = "";
	FILE *file = fopen("/proc/2/comm", "re");

	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	(void)fclose(file);
	return strcmp(name, "kthreadd\n") == 0;
}

static void here_it_is_as_the_kernels_threads_say(void)
{
	want_equal(system_is_machine(), sees_kernel_threads());
}

static void a_pid_namespace_is_no_machine(void)
{
	want(!system_is_machine());
	want(mount("proc", "/proc", "proc", 0, NULL) == 0);
	want(!system_is_machine());
}

static void without_proc_it_is_taken_for_one(void)
{
	enter_empty_root();
	want(system_is_machine());
}

/* --- the name -------------------------------------------------------------------- */

static void want_name(const char *expected)
{
	char name[80] = "";

	want(gethostname(name, sizeof(name)) == 0);
	if (strcmp(name, expected) != 0) {
		dprintf(2, "# the name is \"%s\", not \"%s\"\n", name, expected);
		_exit(1);
	}
}

static void the_name_is_the_first_line(void)
{
	static const struct {
		const char *file;
		const char *name;
	} cases[] = {
		{ "board", "board" },     { "board\n", "board" },
		{ "board\r\n", "board" }, { "board.example.org \t# ours\n", "board.example.org" },
		{ "one\ntwo\n", "one" },
	};

	enter_empty_root();
	want(mkdir("/etc", 0755) == 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		want(sethostname("before", 6) == 0);
		write_file("/etc/hostname", cases[i].file);
		want_equal(system_set_hostname(), 0);
		want_name(cases[i].name);
	}
}

/* 64 bytes are the kernel's limit; what is longer is cut or refused, not read. */
static void the_longest_name(void)
{
	char name[200];

	enter_empty_root();
	want(mkdir("/etc", 0755) == 0);
	memset(name, 'n', sizeof(name));
	name[64] = '\0';
	write_file("/etc/hostname", name);
	want_equal(system_set_hostname(), 0);
	want_name(name);
	name[64] = 'n';
	name[199] = '\0';
	want(sethostname("before", 6) == 0);
	write_file("/etc/hostname", name);
	(void)system_set_hostname();
	want(gethostname(name, sizeof(name)) == 0);
	want(strlen(name) <= 64);
}

static void no_name_leaves_the_old_one(void)
{
	static const char *const files[] = { "", "\n", " name\n", "\r\n", "\t" };

	enter_empty_root();
	want(sethostname("before", 6) == 0);
	want_equal(system_set_hostname(), -ENOENT);
	want(mkdir("/etc", 0755) == 0);
	want_equal(system_set_hostname(), -ENOENT);
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		write_file("/etc/hostname", files[i]);
		want_equal(system_set_hostname(), -EINVAL);
	}
	want(unlink("/etc/hostname") == 0);
	want(mkdir("/etc/hostname", 0755) == 0);
	want_equal(system_set_hostname(), -EISDIR);
	want_name("before");
}

/* In a container there is no such key, and the host's setting is not touched. */
static void ctrl_alt_del_of_the_host_is_left_alone(void)
{
	char before[16] = "";
	char after[16] = "";
	int fd = open("/proc/sys/kernel/ctrl-alt-del", O_RDONLY | O_CLOEXEC);

	want(getpid() == 1 && !system_is_machine());
	want(fd >= 0 && pread(fd, before, sizeof(before) - 1, 0) > 0);
	system_catch_ctrl_alt_del();
	want(pread(fd, after, sizeof(after) - 1, 0) > 0);
	want(strcmp(before, after) == 0);
	close(fd);
}

/* --- time ------------------------------------------------------------------------- */

static void the_clock_goes_forward(void)
{
	struct timespec boot;
	uint64_t last_ms = clock_ms();
	uint64_t now_ms;

	want(last_ms > 0);
	for (int i = 0; i < 10000; i++) {
		now_ms = clock_ms();
		want(now_ms >= last_ms);
		last_ms = now_ms;
	}
	want(clock_gettime(CLOCK_BOOTTIME, &boot) == 0);
	now_ms = (uint64_t)boot.tv_sec * 1000 + (uint64_t)boot.tv_nsec / 1000000;
	want(now_ms + 1 >= last_ms && now_ms < last_ms + 10000);
	want_soon(clock_ms() > last_ms + 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(here_it_is_as_the_kernels_threads_say),
		STORY_IN(CLONE_NEWPID | CLONE_NEWNS, a_pid_namespace_is_no_machine),
		STORY_IN(CLONE_NEWNS, without_proc_it_is_taken_for_one),
		STORY_IN(CLONE_NEWNS | CLONE_NEWUTS, the_name_is_the_first_line),
		STORY_IN(CLONE_NEWNS | CLONE_NEWUTS, the_longest_name),
		STORY_IN(CLONE_NEWNS | CLONE_NEWUTS, no_name_leaves_the_old_one),
		STORY_IN(CLONE_NEWPID | CLONE_NEWUSER, ctrl_alt_del_of_the_host_is_left_alone),
		STORY(the_clock_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
