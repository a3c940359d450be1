/*
 * power: signals to all, and reboot(2), which in a PID namespace ends the
 * namespace and nothing else.
 *
 * No story here may do any of it outside one: each looks first where it is.
 */
#include "power.h"

#include "place.h"
#include "system.h"

#include <linux/capability.h>
#include <sys/syscall.h>

enum {
	SPACES = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS,
};

/* Twice over: we are PID 1, and not the machine's. */
static void be_sure_of_the_place(void)
{
	want(getpid() == 1);
	want(getppid() == 0);
	want(!system_is_machine());
}

/* --- reboot ----------------------------------------------------------------------- */

/* The signal that a namespace's PID 1 dies of when one in it asks for cmd. */
static int namespace_dies_of(enum power_cmd cmd)
{
	int status = 0;
	pid_t middle = fork();
	pid_t pid;

	assert_true(middle >= 0);
	if (middle == 0) {
		(void)alarm(PLACE_LIMIT_S);
		enter_namespaces(SPACES);
		pid = fork();
		if (pid == 0) {
			be_sure_of_the_place();
			_exit(power_reboot(cmd) ? 98 : 99);
		}
		want(pid > 0 && waitpid(pid, &status, 0) == pid);
		_exit(WIFSIGNALED(status) ? WTERMSIG(status) : 100 + WEXITSTATUS(status));
	}
	return place_wait(middle);
}

/* reboot(2): the namespace's init is killed by SIGHUP or SIGINT. */
static void reboot_ends_the_namespace(void **state)
{
	(void)state;
	assert_int_equal(namespace_dies_of(POWER_CMD_REBOOT), SIGHUP);
	assert_int_equal(namespace_dies_of(POWER_CMD_HALT), SIGINT);
	assert_int_equal(namespace_dies_of(POWER_CMD_OFF), SIGINT);
}

static void without_the_right_it_fails(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2];

	be_sure_of_the_place();
	memset(none, 0, sizeof(none));
	want(syscall(SYS_capset, &header, none) == 0);
	want_equal(power_reboot(POWER_CMD_REBOOT), -EPERM);
	want_equal(power_reboot(POWER_CMD_HALT), -EPERM);
	want_equal(power_reboot(POWER_CMD_OFF), -EPERM);
}

/* --- signals to all --------------------------------------------------------------- */

static pid_t sleeper(bool ignores_term)
{
	int ready[2];
	pid_t pid;
	char byte;

	want(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	want(pid >= 0);
	if (pid == 0) {
		if (ignores_term)
			(void)signal(SIGTERM, SIG_IGN);
		want(write(ready[1], "", 1) == 1);
		for (;;)
			(void)pause();
	}
	want(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static int signal_of(pid_t pid)
{
	int status;

	want(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void term_and_kill_reach_all_but_pid_1(void)
{
	siginfo_t info = { 0 };
	pid_t plain;
	pid_t stopped;
	pid_t deaf;

	be_sure_of_the_place();
	plain = sleeper(false);
	stopped = sleeper(false);
	deaf = sleeper(true);
	want(kill(stopped, SIGSTOP) == 0);
	want(waitid(P_PID, (id_t)stopped, &info, WSTOPPED | WNOWAIT) == 0);
	power_signal_all(false);
	want_equal(signal_of(plain), SIGTERM);
	want_equal(signal_of(stopped), SIGTERM); /* it was woken up for it */
	memset(&info, 0, sizeof(info));
	want(waitid(P_PID, (id_t)deaf, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
	want_equal(info.si_pid, 0); /* it is still there */
	power_signal_all(true);
	want_equal(signal_of(deaf), SIGKILL);
	power_signal_all(false); /* with nobody left */
	power_signal_all(true);
}

/* As PID 1 does it: from a child, which is not to kill itself. */
static void the_helper_survives_its_own_signals(void)
{
	pid_t victim;
	pid_t helper;

	be_sure_of_the_place();
	victim = sleeper(true);
	helper = fork();
	if (helper == 0) {
		power_signal_all(false);
		power_signal_all(true);
		_exit(7);
	}
	want_equal(signal_of(victim), SIGKILL);
	want_equal(place_wait(helper), 7);
}

/* --- SysRq ------------------------------------------------------------------------- */

static int trigger; /* what is written to the trigger's stand-in */

static void make_trigger(void)
{
	be_sure_of_the_place();
	enter_empty_root();
	want(access("/proc/sysrq-trigger", F_OK) < 0); /* the real one is out of reach */
	want(mkdir("/proc", 0755) == 0);
	want(mkfifo("/proc/sysrq-trigger", 0600) == 0);
	trigger = open("/proc/sysrq-trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	want(trigger >= 0);
}

static void want_letters(const char *expected)
{
	char letters[16] = "";

	want(read(trigger, letters, sizeof(letters) - 1) == (ssize_t)strlen(expected));
	want(strcmp(letters, expected) == 0);
}

static void sysrq_letters(void)
{
	make_trigger();
	power_emergency_sync();
	want_letters("su");
	power_emergency_reset(POWER_CMD_REBOOT);
	want_letters("b");
	power_emergency_reset(POWER_CMD_OFF);
	want_letters("o");
}

/* Whatever is left undone, a halt must not end in a reboot. */
static void sysrq_does_not_reboot_a_halt(void)
{
	make_trigger();
	power_emergency_reset(POWER_CMD_HALT);
	power_emergency_sync(); /* the first letters that come are these */
	want_letters("su");
}

static void without_sysrq_nothing_happens(void)
{
	be_sure_of_the_place();
	enter_empty_root();
	want(access("/proc/sysrq-trigger", F_OK) < 0);
	power_emergency_sync();
	power_emergency_reset(POWER_CMD_REBOOT);
	want(access("/proc/sysrq-trigger", F_OK) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reboot_ends_the_namespace),
		STORY_IN(SPACES, without_the_right_it_fails),
		STORY_IN(SPACES, term_and_kill_reach_all_but_pid_1),
		STORY_IN(SPACES, the_helper_survives_its_own_signals),
		STORY_IN(SPACES, sysrq_letters),
		STORY_IN(SPACES, sysrq_does_not_reboot_a_halt),
		STORY_IN(SPACES, without_sysrq_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
