/*
 * group: a service's processes are counted, signalled and ended as one.
 *
 * What needs the kernel is told in its own cgroup2, below a group that is made for
 * the story and removed after it.  Who may make none (only root may) is told that
 * those stories are left out; they are then not counted.  An older kernel and odd
 * pids are told in a tree of plain files.
 */
#include "group.h"

#include "real_group.h"
#include "spawn.h"

#include <sys/resource.h>

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* --- in the kernel -------------------------------------------------------------- */

/* Start a shell in a group; what it does and its $1, the group's path. */
static int32_t start(const char *name, const char *script)
{
	struct spawn_fault fault;
	int fd = group_open(name);
	struct spawn spawn = {
		.argv = ARGV("/bin/sh", "-c", script, "sh", in_rc(name)),
		.envp = ARGV("PATH=/bin:/usr/bin"),
		.notify_fd = -1,
		.group_fd = fd,
		.fault = &fault,
	};
	int32_t pid;

	want(fd >= 0);
	pid = spawn_program(&spawn);
	want(pid > 0);
	want_equal(fault.group_err, 0);
	close(fd);
	return pid;
}

static int ended_by(int32_t pid)
{
	int status;

	want(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void lives_and_dies_in_its_group(void)
{
	int fds = count_fds();
	int32_t pid;

	want_equal(groups_init(rc), 0);
	want_equal(count_fds(), fds + 1);
	pid = start("one", "exec tail -f /dev/null");
	want_equal(group_empty("one"), 0);
	want_equal(group_remove("one"), -EBUSY);
	want_equal(group_kill("one"), 0);
	want_equal(ended_by(pid), SIGKILL);
	want_soon(group_empty("one") == 1);
	want_equal(group_kill("one"), 0);
	want_equal(group_remove("one"), 0);
	want(!exists(in_rc("one")));
	want_equal(count_fds(), fds + 1);
}

/* Daemons of daemons, with sessions and sub-groups of their own. */
static const char many[] =
	"mkdir $1/sub $1/sub/sub $1/other\n"
	"setsid sh -c 'tail -f /dev/null & echo 0 >$0/sub/cgroup.procs; tail -f /dev/null' $1 &\n"
	"sh -c 'echo 0 >$0/sub/sub/cgroup.procs; exec tail -f /dev/null' $1 &\n"
	"(tail -f /dev/null & tail -f /dev/null &)\n"
	"exec tail -f /dev/null";

static bool has_a_process(const char *group)
{
	char path[80];
	char byte;
	int fd;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = open(in_rc(path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, &byte, 1);
	close(fd);
	return n == 1;
}

static void everything_in_it_is_ended(void)
{
	want_equal(groups_init(rc), 0);
	for (int by_signal = 0; by_signal < 2; by_signal++) {
		int32_t pid = start("many", many);
		int32_t bystander = start("bystander", "exec tail -f /dev/null");

		want_soon(has_a_process("many/sub") && has_a_process("many/sub/sub"));
		want_equal(by_signal ? group_signal("many", SIGKILL, 0) : group_kill("many"), 0);
		want_equal(ended_by(pid), SIGKILL);
		/* Orphans come to the story, which is PID 1. */
		want_soon((waitpid(-1, NULL, WNOHANG), group_empty("many") == 1));
		want_equal(group_remove("many"), 0);
		want(!exists(in_rc("many")));
		want_equal(group_empty("bystander"), 0);
		want_equal(kill(bystander, SIGKILL), 0);
		want_equal(ended_by(bystander), SIGKILL);
	}
}

static void all_but_one_are_signalled(void)
{
	int32_t pid;
	int32_t other;

	want_equal(groups_init(rc), 0);
	pid = start("pair", "exec tail -f /dev/null");
	other = start("pair", "exec tail -f /dev/null");
	want_equal(group_signal("pair", SIGTERM, pid), 0);
	want_equal(ended_by(other), SIGTERM);
	want_equal(group_empty("pair"), 0);
	want_equal(kill(pid, SIGUSR1), 0);
	want_equal(ended_by(pid), SIGUSR1); /* and by no signal before that */
}

/* Were it left frozen, the next start would hold up PID 1 for ever. */
static void a_frozen_group_is_thawed_for_the_next(void)
{
	int32_t pid;

	want_equal(groups_init(rc), 0);
	pid = start("cold", "exec tail -f /dev/null");
	write_file(in_rc("cold/cgroup.freeze"), "1");
	want_equal(ended_by(start("cold", "exit 0")), 0);
	write_file(in_rc("cold/cgroup.freeze"), "1");
	want_equal(group_kill("cold"), 0);
	want_equal(ended_by(pid), SIGKILL);
}

/* Catalogue P1: removed between the open and the child's write. */
static void a_group_that_has_gone_holds_nobody_up(void)
{
	struct spawn_fault fault;
	struct spawn spawn = { .argv = ARGV("/bin/true"), .envp = ARGV("A=1"), .notify_fd = -1 };
	int32_t pid;

	want_equal(groups_init(rc), 0);
	spawn.group_fd = group_open("gone");
	spawn.fault = &fault;
	want(spawn.group_fd >= 0);
	want(rmdir(in_rc("gone")) == 0);
	pid = spawn_program(&spawn);
	want(pid > 0);
	want_equal(fault.stage, SPAWN_FINE);
	want_equal(fault.group_err, ENODEV);
	want_equal(place_wait(pid), 0);
	want_equal(group_empty("gone"), -ENOENT);
	want_equal(group_signal("gone", SIGTERM, 0), -ENOENT);
	want_equal(group_kill("gone"), 0);
	want_equal(group_remove("gone"), 0);
	want(rmdir(rc) == 0);
	want_equal(group_open("late"), -ENOENT);
	want_equal(group_empty("late"), -ENOENT);
	want_equal(group_remove("late"), 0);
}

static bool is_gone_or_fine(int result)
{
	return result >= 0 || result == -ENOENT || result == -ENODEV;
}

/* The same at any moment whatever, with somebody who makes and removes it. */
static void a_group_that_comes_and_goes(void)
{
	const char *path;
	pid_t other;
	int fds;

	want_equal(groups_init(rc), 0);
	path = in_rc("flicker");
	fds = count_fds();
	other = fork();
	if (other == 0)
		for (;;)
			(void)(mkdir(path, 0755) + rmdir(path));
	want(other > 0);
	for (int i = 0; i < 3000; i++) {
		int fd = group_open("flicker");

		want(is_gone_or_fine(fd));
		if (fd >= 0)
			close(fd);
		want(is_gone_or_fine(group_empty("flicker")));
		want(is_gone_or_fine(group_signal("flicker", SIGTERM, 0)));
		want_equal(group_kill("flicker"), 0);
		want_equal(group_remove("flicker"), 0);
	}
	want_equal(count_fds(), fds);
	want(kill(other, SIGKILL) == 0);
}

static void knows_whose_a_process_is(void)
{
	char path[80];
	char name[16];
	int32_t pid;

	/* As on a machine: what the kernel calls the root is what we call the root. */
	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", base);
	write_file(path, "0");
	want(unshare(CLONE_NEWCGROUP) == 0);
	want_equal(groups_init(rc), 0);
	pid = start("daemon", "mkdir $1/rc $1/rc/other; echo 0 >$1/rc/other/cgroup.procs\n"
			      "exec tail -f /dev/null");
	want_soon((strcpy(name, ""), group_of_pid(pid, name, sizeof(name)) == 0));
	want(strcmp(name, "daemon") == 0);
	/* It went into a sub-group meanwhile, and is the same service's. */
	want_soon(exists(in_rc("daemon/rc/other")));
	want_soon(group_of_pid(pid, name, sizeof(name)) == 0 && strcmp(name, "daemon") == 0);
	want_equal(group_of_pid(pid, name, 7), 0);
	want_equal(group_of_pid(pid, name, 6), -ENOENT);
	want_equal(group_of_pid(getpid(), name, sizeof(name)), -ENOENT); /* in the root */
	want_equal(group_of_pid(4194304, name, sizeof(name)), -ENOENT);
	want_equal(group_of_pid(0, name, sizeof(name)), -ENOENT);
	want_equal(group_of_pid(-1, name, sizeof(name)), -ENOENT);
	want_equal(group_kill("daemon"), 0);
	want_equal(ended_by(pid), SIGKILL);
	want_equal(group_of_pid(pid, name, sizeof(name)), -ENOENT);
}

/* Nine levels are one more than are walked; killing reaches them all. */
static void sub_groups_have_a_limit(void)
{
	int32_t pid;

	want_equal(groups_init(rc), 0);
	pid = start("deep", "p=$1; for i in 1 2 3 4 5 6 7 8 9; do p=$p/s; mkdir $p; done\n"
			    "echo 0 >$p/cgroup.procs; exec tail -f /dev/null");
	want_soon(exists(in_rc("deep/s/s/s/s/s/s/s/s/s")));
	want_equal(group_kill("deep"), 0);
	want_equal(ended_by(pid), SIGKILL);
	want_soon(group_empty("deep") == 1);
	want_equal(group_remove("deep"), -EBUSY);
	want(rmdir(in_rc("deep/s/s/s/s/s/s/s/s/s")) == 0);
	want_equal(group_remove("deep"), 0);
}

/* --- a tree of plain files ------------------------------------------------------------- */

/* What groups_init needs, in a folder of that name, and a group "g" in it. */
static void fake_tree(const char *name)
{
	want(mkdir(name, 0755) == 0 && chdir(name) == 0);
	write_file("cgroup.controllers", "");
	want(mkdir("rc", 0755) == 0 && mkdir("rc/g", 0755) == 0);
	write_file("rc/g/cgroup.procs", "");
	want_equal(groups_init("rc"), 0);
}

static void expect_in_fifo(int fd, const char *text)
{
	char buf[128] = "";

	want(read(fd, buf, sizeof(buf) - 1) == (ssize_t)strlen(text));
	want(strcmp(buf, text) == 0);
}

/* Each by itself, so that one the kernel lacks costs only itself. */
static void controllers_are_asked_for_one_by_one(void)
{
	static const char all[] = "+memory+pids+cpu+io";
	int outer;
	int inner;

	want(mkdir("asks", 0755) == 0 && chdir("asks") == 0 && mkdir("rc", 0755) == 0);
	write_file("cgroup.controllers", "");
	want(mkfifo("cgroup.subtree_control", 0600) == 0);
	want(mkfifo("rc/cgroup.subtree_control", 0600) == 0);
	outer = open("cgroup.subtree_control", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	inner = open("rc/cgroup.subtree_control", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	want(outer >= 0 && inner >= 0);
	want_equal(groups_init("rc"), 0);
	expect_in_fifo(outer, all);
	expect_in_fifo(inner, all);
	/* A FIFO without a reader: every write above fails, none below does. */
	close(outer);
	want_equal(groups_init("rc"), 0);
	expect_in_fifo(inner, all);
}

static void there_are_none(int err)
{
	int fds = count_fds();
	char name[8];

	want_equal(groups_init("none/rc"), -err);
	want_equal(count_fds(), fds);
	want(group_open("g") < 0);
	want(group_kill("g") < 0 || !exists("none"));
	want(group_signal("g", SIGKILL, 0) < 0);
	want(group_empty("g") < 0);
	want_equal(group_of_pid(getpid(), name, sizeof(name)), -ENOENT);
	want_equal(count_fds(), fds);
	want(!exists("g") && !exists("none/g") && !exists("none/rc"));
}

/* No kernel support, nothing mounted, and the first version's tmpfs. */
static void a_machine_without_groups(void)
{
	there_are_none(ENOENT);
	want(mkdir("none", 0755) == 0);
	there_are_none(ENODEV);
	want(mkdir("none/memory", 0755) == 0 && mkdir("none/unified", 0755) == 0);
	there_are_none(ENODEV);
}

static void names_that_lead_elsewhere(void)
{
	static const char *const names[] = {
		".", "..", "", ".hidden", "link", "cgroup.controllers"
	};

	fake_tree("names");
	want(symlink("g", "rc/link") == 0);
	write_file("rc/cgroup.controllers", "");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		want(group_open(names[i]) < 0);
		want(group_signal(names[i], SIGTERM, 0) < 0);
		want(group_empty(names[i]) < 0);
	}
	want(group_kill(".") < 0 && group_kill("..") < 0);
	want(group_remove(".") < 0 && group_remove("..") < 0);
	want(exists("rc/g/cgroup.procs"));
}

static pid_t bystander(void)
{
	pid_t pid = fork();

	want(pid >= 0);
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

static bool lives(pid_t pid)
{
	siginfo_t info = { 0 };

	want(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
	return info.si_pid == 0;
}

/*
 * A kernel older than cgroup.kill.  In a PID namespace, for a number misread as
 * 0 or -1 would be everybody.
 */
static void an_older_kernel_kills_one_by_one(void)
{
	/* clang-format off */
	static const char *const frames[] = {
		"%d\n", "0\n%d\n", "1\n%d\n", "-1\n%d\n", "\n\nabc\n%d\n", "%d\n0\n", "%d\n-",
		"99999999999999999999\n%d\n", "4294967295\n%d\n", "4294967296\n%d\n",
	};
	/* clang-format on */
	pid_t other = bystander();
	char text[64];

	fake_tree("older");
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		pid_t pid = bystander();

		(void)snprintf(text, sizeof(text), frames[i], (int)pid);
		write_file("rc/g/cgroup.procs", text);
		want_equal(group_kill("g"), 0);
		want_equal(ended_by(pid), SIGKILL);
		want(lives(other));
	}
}

static volatile sig_atomic_t handled;

static void note_signal(int signal)
{
	handled = signal;
}

/* Only processes of other namespaces, and PID 1: nobody to signal. */
static void pid_1_does_not_signal_itself(void)
{
	pid_t other = bystander();

	want(signal(SIGUSR1, note_signal) == SIG_DFL);
	fake_tree("itself");
	write_file("rc/g/cgroup.procs", "0\n1\n0\n");
	want_equal(group_signal("g", SIGUSR1, 0), 0);
	want_equal(handled, 0);
	want(lives(other));
}

static void a_number_may_be_cut_by_the_buffer(void)
{
	static char text[2048];
	pid_t other = bystander();

	fake_tree("cut");
	for (int at = 500; at < 516; at++) {
		pid_t pid;

		do /* of several digits */
			pid = bystander();
		while (pid < 100 && kill(pid, SIGKILL) == 0 && ended_by(pid) == SIGKILL);
		memset(text, '\n', sizeof(text));
		(void)snprintf(text + at, sizeof(text) - (size_t)at, "%d\n", (int)pid);
		write_file("rc/g/cgroup.procs", text);
		want_equal(group_signal("g", SIGKILL, 0), 0);
		want_equal(ended_by(pid), SIGKILL);
		want(lives(other));
	}
}

/* However many there are said to be, PID 1 comes back. */
static void a_call_reads_a_bounded_amount(void)
{
	static char text[GROUP_PID_BYTES + 64];
	pid_t pid = bystander();
	pid_t other = bystander();

	fake_tree("bounded");
	memset(text, '\n', sizeof(text) - 1);
	(void)snprintf(text + GROUP_PID_BYTES - 512 - 8, 8, "%d", (int)pid);
	text[strlen(text)] = '\n';
	(void)snprintf(text + GROUP_PID_BYTES + 16, 32, "%d\n", (int)other);
	write_file("rc/g/cgroup.procs", text);
	want_equal(group_signal("g", SIGKILL, 0), 0);
	want_equal(ended_by(pid), SIGKILL);
	want(lives(other));
}

static void reads_whether_it_is_empty(void)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "populated 0\nfrozen 0\n", 1 },
		{ "populated 1\nfrozen 0\n", 0 },
		{ "frozen 1\npopulated 0\n", 1 },
		{ "frozen 0\npopulated 1\n", 0 },
		{ "unpopulated 0\npopulated 1\n", 0 },
		{ "", -ENODATA },
		{ "frozen 0\n", -ENODATA },
	};

	fake_tree("events");
	want_equal(group_empty("g"), -ENOENT);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		write_file("rc/g/cgroup.events", cases[i].text);
		want_equal(group_empty("g"), cases[i].result);
	}
}

/* With no descriptor left, with one, with two: an error, and none lost. */
static void descriptors_run_out(void)
{
	const struct rlimit enough = { 4096, 4096 };
	bool whole = false;
	int fds;
	int next;

	fake_tree("fds");
	write_file("rc/g/cgroup.events", "populated 1\n");
	fds = count_fds();
	next = dup(0);
	want(next >= 0 && close(next) == 0);
	for (rlim_t n = 0; !whole; n++) {
		const struct rlimit few = { (rlim_t)next + n, 4096 };
		int opened;

		want(n < 4 && setrlimit(RLIMIT_NOFILE, &few) == 0);
		opened = group_open("g");
		whole = opened >= 0;
		want(whole || opened == -EMFILE);
		if (whole)
			close(opened);
		want_equal(group_empty("g"), whole ? 0 : -EMFILE);
		want_equal(group_signal("g", SIGTERM, 0), n ? 0 : -EMFILE);
		want_equal(group_kill("g"), n ? 0 : -EMFILE);
		if (!n)
			want_equal(groups_init("rc"), -EMFILE);
		want(setrlimit(RLIMIT_NOFILE, &enough) == 0);
		want_equal(count_fds(), fds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(controllers_are_asked_for_one_by_one),
		STORY(a_machine_without_groups),
		STORY(names_that_lead_elsewhere),
		STORY_IN(CLONE_NEWPID, an_older_kernel_kills_one_by_one),
		STORY_IN(CLONE_NEWPID, pid_1_does_not_signal_itself),
		STORY_IN(CLONE_NEWPID, a_number_may_be_cut_by_the_buffer),
		STORY_IN(CLONE_NEWPID, a_call_reads_a_bounded_amount),
		STORY(reads_whether_it_is_empty),
		STORY(descriptors_run_out),
		REAL(lives_and_dies_in_its_group),
		REAL(everything_in_it_is_ended),
		REAL(all_but_one_are_signalled),
		REAL(a_frozen_group_is_thawed_for_the_next),
		REAL(a_group_that_has_gone_holds_nobody_up),
		REAL(a_group_that_comes_and_goes),
		REAL(knows_whose_a_process_is),
		REAL(sub_groups_have_a_limit),
	};
	const size_t n_real = 8;
	size_t n = COUNT_OF(tests);

	if (folder_make(NULL) < 0)
		return 1;
	if (tell_real(nothing) == LEFT_OUT)
		n -= n_real;
	return _cmocka_run_group_tests("tests", tests, n, NULL, folder_remove);
}
